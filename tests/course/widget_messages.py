"""What the tests of widgets share: a click without a browser."""


def press(widget, **content):
    """What the script of a widget sends when something is clicked."""
    widget._handle_custom_msg(content, [])
