"""A live scene on a page: show it, read its state, drag in its picture with a mouse or a finger."""

HTML = "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>A page</title></head><body>{}</body></html>"
HOST = "document.querySelector('[data-mlcourse-player]')"


class LivePage:
    """A page with one player."""

    def __init__(self, page, player):
        self.page = page
        page.set_content(HTML.format(player._repr_html_()))
        page.wait_for_function(f"{HOST}.player")
        self.plane = page.locator("canvas.plane").first

    def get(self, expression):
        """Evaluate an expression of the player, such as `state.points`."""
        return self.page.evaluate(f"{HOST}.player.{expression}")

    def wait(self, condition):
        """Wait for a condition on `player`."""
        self.page.wait_for_function(f"(({{ player }}) => {condition})({HOST})")

    def press(self, *keys):
        for key in keys:
            self.plane.press(key)

    def click(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def place(self, point):
        """Where a point in data units is on the page: (x, y) in pixels."""
        x, y = self.get(f"planes[0].px({point[0]})"), self.get(f"planes[0].py({point[1]})")
        box = self.plane.bounding_box()
        return box["x"] + x, box["y"] + y

    def take(self, point):
        """Press the mouse button on a point, and keep it down."""
        self.page.mouse.move(*self.place(point))
        self.page.mouse.down()

    def carry(self, point):
        """Move the mouse to a point."""
        self.page.mouse.move(*self.place(point), steps=4)

    def drag(self, start, end):
        self.take(start)
        self.carry(end)
        self.page.mouse.up()

    def tap(self, point):
        self.page.mouse.click(*self.place(point))

    def swipe(self, start, end):
        """Drag a finger from one place of the page to another, in pixels."""
        touch = self.page.context.new_cdp_session(self.page)
        (x, y), (u, v) = start, end

        def send(kind, *points):
            touch.send(
                "Input.dispatchTouchEvent",
                {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]},
            )

        send("touchStart", start)
        for i in range(1, 9):
            send("touchMove", (x + (u - x) * i / 8, y + (v - y) * i / 8))
        send("touchEnd")

    def ink(self):
        """The pixels of the picture, as a data URL."""
        return self.plane.evaluate("(canvas) => canvas.toDataURL()")
