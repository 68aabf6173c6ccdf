"""Commands for users and roles: `skyspy user ..` and `skyspy role ..`."""

from __future__ import annotations

import click

from skyspy.cli.context import CliContext, Group, ask_password, format_permissions, format_time, print_table
from skyspy.services import Refused, roles, users
from skyspy.store.roles import Role

user_commands = Group("user", help="Manage users.")


_password_option = click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")


@user_commands.command("create")
@click.argument("name")
@click.option("--role", required=True, help="viewer, operator, admin, or a custom role.")
@_password_option
def user_create(context: CliContext, name: str, role: str, password_stdin: bool) -> None:
    """Create the user NAME."""
    context.call(users.require_creatable, name, role)
    made = context.call(users.create, name, role, ask_password(password_stdin))
    print(f"created user {made.name} with role {made.role}")


@user_commands.command("list")
def user_list(context: CliContext) -> None:
    """List all users."""
    rows = [
        (u.name, u.role, "disabled" if u.disabled else "enabled", format_time(u.last_login_at), u.last_login_from or "-")
        for u in context.call(users.every)
    ]
    print_table(("NAME", "ROLE", "STATE", "LAST SIGN-IN", "FROM"), rows)


@user_commands.command("disable")
@click.argument("name")
def user_disable(context: CliContext, name: str) -> None:
    """Disable the user NAME: ends sign-ins now; API keys stop working until the user is enabled again."""
    changed = context.call(users.change, context.user_id(name), disabled=True)
    print(f"disabled user {changed.name}")


@user_commands.command("enable")
@click.argument("name")
def user_enable(context: CliContext, name: str) -> None:
    """Enable the user NAME again, with the user's API keys."""
    changed = context.call(users.change, context.user_id(name), disabled=False)
    print(f"enabled user {changed.name}")


@user_commands.command("set-role")
@click.argument("name")
@click.argument("role")
def user_set_role(context: CliContext, name: str, role: str) -> None:
    """Give the user NAME the role ROLE."""
    changed = context.call(users.change, context.user_id(name), role=role)
    print(f"user {changed.name} has the role {changed.role}")


@user_commands.command("set-password")
@click.argument("name")
@_password_option
def user_set_password(context: CliContext, name: str, password_stdin: bool) -> None:
    """Set a new password for the user NAME; ends the user's sign-ins now."""
    user_id = context.user_id(name)
    changed = context.call(users.change, user_id, password=ask_password(password_stdin))
    print(f"changed the password of user {changed.name}")


@user_commands.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Delete without asking for confirmation.")
def user_delete(context: CliContext, name: str, yes: bool) -> None:
    """Delete the user NAME and its API keys; ends sign-ins and connections now. The audit log is kept."""
    user_id = context.user_id(name)
    if not yes:
        click.confirm(f"Delete the user {name} and its API keys?", abort=True, err=True)
    context.call(users.delete, user_id)
    print(f"deleted user {name}")


role_commands = Group("role", help="Manage roles: the built-in ones and custom ones.")


_permissions = click.option("--permission", "permissions", multiple=True, help="A permission of the role; repeatable.")
_description = click.option("--says", "description", help="What the role is for.")


@role_commands.command("list")
def role_list(context: CliContext) -> None:
    """List all roles with their number of users and their permissions."""
    rows = [
        (r.name, "built in" if r.builtin else "own", str(r.users), format_permissions(r.permissions))
        for r in context.call(roles.every)
    ]
    print_table(("NAME", "KIND", "USERS", "PERMISSIONS"), rows)


@role_commands.command("create")
@click.argument("name")
@_permissions
@_description
def role_create(context: CliContext, name: str, permissions: tuple[str, ...], description: str | None) -> None:
    """Create the role NAME with the given permissions."""
    _print_role("created", context.call(roles.create, name, permissions, description or ""))


@role_commands.command("clone")
@click.argument("name")
@click.argument("new_name", metavar="NEW")
@_description
def role_clone(context: CliContext, name: str, new_name: str, description: str | None) -> None:
    """Create the role NEW with the permissions that NAME has now."""
    like = context.call(roles.named, name)
    _print_role("created", context.call(roles.create, new_name, like.permissions, description or like.description))


@role_commands.command("change")
@click.argument("name")
@_permissions
@click.option("--add", "added", multiple=True, help="A permission to add; repeatable.")
@click.option("--remove", "removed", multiple=True, help="A permission to remove; repeatable.")
@_description
def role_change(
    context: CliContext,
    name: str,
    permissions: tuple[str, ...],
    added: tuple[str, ...],
    removed: tuple[str, ...],
    description: str | None,
) -> None:
    """Change the role NAME: replace its permissions with --permission, or change them with --add and --remove.

    Applies to connected clients within two seconds.
    """
    if not (permissions or added or removed or description):
        raise click.UsageError("say what to change: --permission, --add, --remove or --says")
    held = context.call(roles.named, name).permissions
    missing = sorted(set(removed) - held)
    if missing:
        raise Refused("conflict", f"The role {name!r} does not hold {missing[0]!r}")
    wanted = ((frozenset(permissions) or held) | frozenset(added)) - frozenset(removed)
    _print_role("changed", context.call(roles.change, name, wanted, description))


@role_commands.command("delete")
@click.argument("name")
def role_delete(context: CliContext, name: str) -> None:
    """Delete the role NAME. No user may have it."""
    context.call(roles.delete, name)
    print(f"deleted role {name}")


def _print_role(done: str, made: Role) -> None:
    users = "1 user holds it" if made.users == 1 else f"{made.users} users hold it"
    print(f"{done} role {made.name} with {format_permissions(made.permissions)} ({users})")
