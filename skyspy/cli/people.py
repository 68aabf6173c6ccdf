"""Commands about users and roles: `skyspy user ..` and `skyspy role ..`."""

from __future__ import annotations

import click

from skyspy.cli.context import CliContext, ask_password, moment, table, words_of
from skyspy.services import Refused, roles, users
from skyspy.store.roles import Role


@click.group()
def user() -> None:
    """Who may sign in."""


_password_option = click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")


@user.command("create")
@click.argument("name")
@click.option("--role", required=True, help="viewer, operator, admin, or a role of your own.")
@_password_option
@click.pass_obj
def user_create(context: CliContext, name: str, role: str, password_stdin: bool) -> None:
    """Create a user NAME."""
    users.require_new(context, context.caller, name, role)
    made = users.create(context, context.caller, name, role, ask_password(password_stdin))
    print(f"created user {made.name} with role {made.role}")


@user.command("list")
@click.pass_obj
def user_list(context: CliContext) -> None:
    """Show all users."""
    rows = [
        (u.name, u.role, "disabled" if u.disabled else "enabled", moment(u.last_login_at), u.last_login_from or "-")
        for u in users.every(context, context.caller)
    ]
    table(("NAME", "ROLE", "STATE", "LAST SIGN-IN", "FROM"), rows)


@user.command("disable")
@click.argument("name")
@click.pass_obj
def user_disable(context: CliContext, name: str) -> None:
    """Disable NAME: sign-ins end now, API keys do not work until the user is enabled again."""
    changed = users.change(context, context.caller, context.user_id(name), disabled=True)
    print(f"disabled user {changed.name}")


@user.command("enable")
@click.argument("name")
@click.pass_obj
def user_enable(context: CliContext, name: str) -> None:
    """Enable NAME again; the user's API keys work again too."""
    changed = users.change(context, context.caller, context.user_id(name), disabled=False)
    print(f"enabled user {changed.name}")


@user.command("set-role")
@click.argument("name")
@click.argument("role")
@click.pass_obj
def user_set_role(context: CliContext, name: str, role: str) -> None:
    """Give NAME the role ROLE."""
    changed = users.change(context, context.caller, context.user_id(name), role=role)
    print(f"user {changed.name} has the role {changed.role}")


@user.command("set-password")
@click.argument("name")
@_password_option
@click.pass_obj
def user_set_password(context: CliContext, name: str, password_stdin: bool) -> None:
    """Give NAME another password; the user's sign-ins end now."""
    user_id = context.user_id(name)
    changed = users.change(context, context.caller, user_id, password=ask_password(password_stdin))
    print(f"changed the password of user {changed.name}")


@user.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def user_delete(context: CliContext, name: str, yes: bool) -> None:
    """Delete NAME with its API keys; sign-ins and connections end now. The audit log stays."""
    user_id = context.user_id(name)
    if not yes:
        click.confirm(f"Delete the user {name} and its API keys?", abort=True, err=True)
    users.delete(context, context.caller, user_id)
    print(f"deleted user {name}")


@click.group()
def role() -> None:
    """What users may do: the built-in roles, and your own."""


_permissions = click.option("--permission", "permissions", multiple=True, help="A permission it holds; may be repeated.")
_description = click.option("--says", "description", help="What it is for.")


@role.command("list")
@click.pass_obj
def role_list(context: CliContext) -> None:
    """Show every role, how many users hold it, and its permissions."""
    rows = [
        (r.name, "built in" if r.builtin else "own", str(r.users), words_of(r.permissions))
        for r in roles.every(context, context.caller)
    ]
    table(("NAME", "KIND", "USERS", "PERMISSIONS"), rows)


@role.command("create")
@click.argument("name")
@_permissions
@_description
@click.pass_obj
def role_create(context: CliContext, name: str, permissions: tuple[str, ...], description: str | None) -> None:
    """Create a role NAME with the permissions given."""
    _print_role("created", roles.create(context, context.caller, name, permissions, description or ""))


@role.command("clone")
@click.argument("name")
@click.argument("new_name", metavar="NEW")
@_description
@click.pass_obj
def role_clone(context: CliContext, name: str, new_name: str, description: str | None) -> None:
    """Create a role NEW with the permissions that NAME has now."""
    like = roles.named(context, context.caller, name)
    _print_role("created", roles.create(context, context.caller, new_name, like.permissions, description or like.says))


@role.command("change")
@click.argument("name")
@_permissions
@click.option("--add", "added", multiple=True, help="A permission to add to those it holds; may be repeated.")
@click.option("--remove", "removed", multiple=True, help="A permission to take from it; may be repeated.")
@_description
@click.pass_obj
def role_change(
    context: CliContext,
    name: str,
    permissions: tuple[str, ...],
    added: tuple[str, ...],
    removed: tuple[str, ...],
    description: str | None,
) -> None:
    """Give the role NAME other permissions: all anew with --permission, or some more and some less.

    In force on live sockets within two seconds.
    """
    if not (permissions or added or removed or description):
        raise click.UsageError("say what to change: --permission, --add, --remove or --says")
    held = roles.named(context, context.caller, name).permissions
    missing = sorted(set(removed) - held)
    if missing:
        raise Refused("conflict", f"The role {name!r} does not hold {missing[0]!r}")
    wanted = ((frozenset(permissions) or held) | frozenset(added)) - frozenset(removed)
    _print_role("changed", roles.change(context, context.caller, name, wanted, description))


@role.command("delete")
@click.argument("name")
@click.pass_obj
def role_delete(context: CliContext, name: str) -> None:
    """Delete the role NAME, which no user may hold."""
    roles.delete(context, context.caller, name)
    print(f"deleted role {name}")


def _print_role(done: str, made: Role) -> None:
    users = "1 user holds it" if made.users == 1 else f"{made.users} users hold it"
    print(f"{done} role {made.name} with {words_of(made.permissions)} ({users})")
