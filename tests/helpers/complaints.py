"""What a page complains about: errors that it logs, and requests that leave this machine."""

PATIENCE = 120_000  # milliseconds: no test is about how fast this machine is


def listen(page, complaints, local):
    """Note down a page's complaints in a list. Requests may go to addresses that begin with one of `local`."""
    page.set_default_timeout(PATIENCE)
    page.on("console", lambda message: complaints.append(words(message)) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith(local) else complaints.append(request.url),
    )
    return page


def words(message):
    """The text of a message and the address it is about, without which nobody could say what failed to load."""
    return f"{message.text} ({message.location.get('url', 'no address')})"
