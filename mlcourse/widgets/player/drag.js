/* Dragging with a mouse, a pen or a finger. A finger that starts beside every handle scrolls the page, as elsewhere. */

const [REACH, FINGER] = [14, 26]; // how close to a handle a mouse and a finger must be, in pixels

/**
 * @param grab  (place, reach) → the handle to drag from there, or null
 * @param make  () → a new handle, put where a mouse or a pen is pressed beside every handle, or null
 * @param jumps whether a handle goes to the pointer at once, not only when the pointer moves
 * @param over  (handle or null), as the pointer moves over it without a press
 * @param drag  (handle, place), at every movement
 * @param drop  (), when a handle is let go
 * @param tap   (place), after a press beside every handle
 */
function draggable(canvas, { grab, make, jumps, over, drag, drop, tap }) {
  let [held, start, moved, used] = [null, null, false, false];
  const place = ({ clientX, clientY }) => {
    const { left, top } = canvas.getBoundingClientRect();
    return [clientX - left, clientY - top];
  };
  const stop = () => {
    if (moved) drop();
    [held, start, moved] = [null, null, false];
  };
  const point = (handle) => {
    canvas.style.cursor = handle === null ? "" : "grab";
    over(handle);
  };
  const onTouch = (event) => {
    if (event.cancelable && held !== null) event.preventDefault(); // no scrolling; a tap stays a click
  };
  on(canvas, "touchmove", onTouch, { passive: false });
  on(canvas, "pointerdown", (event) => {
    if (event.button || !event.isPrimary) return;
    used = false;
    start = place(event);
    const touch = event.pointerType === "touch";
    const found = grab(start, touch ? FINGER : REACH);
    held = found ?? (touch ? null : make());
    if (held === null) return;
    canvas.setPointerCapture(event.pointerId);
    moved = found === null || jumps;
    if (moved) drag(held, start);
  });
  on(canvas, "pointermove", (event) => {
    const at = place(event);
    if (!start) point(grab(at, REACH));
    if (held === null || (!moved && near(start, at))) return;
    moved = true;
    drag(held, at);
  });
  on(canvas, "pointerup", (event) => {
    const tapped = start && held === null && near(start, place(event));
    used = tapped || moved;
    stop();
    if (tapped) tap(place(event));
  });
  on(canvas, "pointercancel", stop);
  on(canvas, "pointerleave", () => point(null));
  // A press that has done something is not also a click on a point.
  const swallow = (event) => used && event.stopImmediatePropagation();
  on(canvas, "click", swallow, { capture: true });
}
