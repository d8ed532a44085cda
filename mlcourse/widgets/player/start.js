/* Start the scene in every element of the page that has its key. */

function start(Kind) {
  for (const host of document.querySelectorAll(`[data-mlcourse-player="${key}"]`)) {
    if (!host.player) new Kind(host, scene, style);
  }
}
