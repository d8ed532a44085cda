/* Start the scene in every element of the page that has its key. */

const Kind = scene.kind === "playground" ? Playground : Player;
for (const host of document.querySelectorAll(`[data-mlcourse-player="${key}"]`)) {
  if (!host.player) new Kind(host, scene, style);
}
