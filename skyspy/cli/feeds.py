"""Commands for receivers: `skyspy feed ..`."""

from __future__ import annotations

import sys

import click

from skyspy import feedurl
from skyspy.cli.context import CliContext, Group, format_time, print_table
from skyspy.receivers.checks import check
from skyspy.services import feeds

feed_commands = Group("feed", help="Manage receivers.")
_FROM_STDIN = "-"


@feed_commands.command("list")
def feed_list(context: CliContext) -> None:
    """List the receivers of the environment, and those that were added, with their IDs. Passwords are not shown."""
    own = [("-", "-", "reads", "environment", "-", url.shown) for url in context.config.feeds]
    added = [
        (
            str(feed.id),
            feed.label or "-",
            "paused" if feed.paused else "reads",
            feed.added_by,
            format_time(feed.added_at),
            feed.shown,
        )
        for feed in context.call(feeds.added)
    ]
    print_table(("ID", "NAME", "STATE", "ADDED BY", "SINCE", "URL"), own + added)


@feed_commands.command("add")
@click.argument("url")
@click.option("--name", default="", help="A name for people.")
def feed_add(context: CliContext, url: str, name: str) -> None:
    """Add the receiver at URL. Write - to read a URL with a password from standard input, where other users do not see it."""
    feed = context.call(feeds.add, sys.stdin.readline(8192).strip() if url == _FROM_STDIN else url, name)
    print(f"added receiver {feed.id}: {feed.shown}")


@feed_commands.command("remove")
@click.argument("feed_id", metavar="ID", type=int)
def feed_remove(context: CliContext, feed_id: int) -> None:
    """Remove the added receiver ID. Those of the environment are removed from SKYSPY_FEEDS."""
    shown = next((feed.shown for feed in context.call(feeds.added) if feed.id == feed_id), "")
    context.call(feeds.remove, feed_id)
    print(f"removed receiver {feed_id}: {shown}")


@feed_commands.command("check")
@click.argument("url")
def feed_check(context: CliContext, url: str) -> None:
    """Read from the receiver at URL for a few seconds and report what was received. A file must be below SKYSPY_REPLAY_DIR, where
    it is set."""
    parsed = feedurl.parse(url)
    # Only a file needs the environment, so that a receiver can be checked before there is an installation.
    folder = context.config.replay_dir if parsed.scheme.transport == "file" else None
    heard = check(parsed, feeds.CHECK_SECONDS, replay_folder=folder)
    if heard.error is not None:
        raise click.ClickException(f"{parsed.shown}: {heard.error}")
    messages = "1 message" if heard.messages == 1 else f"{heard.messages} messages"
    if heard.is_datalink:
        print(f"received {messages} in {feeds.CHECK_SECONDS:g} s")
    else:
        print(f"received {heard.aircraft} aircraft in {feeds.CHECK_SECONDS:g} s ({messages})")
