/* Start the scene in every element of the page that waits for it. */

const Kind = scene.kind === "playground" ? Playground : Player;
for (const host of document.querySelectorAll(`[data-mlcourse-player="${key}"]`)) {
  if (!host.player) new Kind(host, scene, style);
}
