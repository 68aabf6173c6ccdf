"""Commands about people: `skyspy user ..` and `skyspy role ..`."""

from __future__ import annotations

import click

from skyspy.cli.office import Office, moment, table, words_of
from skyspy.store import roles, users
from skyspy.store.roles import AccountError, Role


@click.group()
def user() -> None:
    """Who may sign in."""


_password_option = click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")


@user.command("create")
@click.argument("name")
@click.option("--role", required=True, help="viewer, operator, admin, or a role of your own.")
@_password_option
@click.pass_obj
def user_create(office: Office, name: str, role: str, password_stdin: bool) -> None:
    """Make a user NAME."""
    if office.store.read(users.by_name, name):
        raise AccountError(f"there is a user {name!r} already")
    office.store.read(roles.by_name, role)
    made = office.store.write(users.create, name, role, office.hashed(name, password_stdin), office.actor, office.clock.wall())
    print(f"created user {made.name} with role {made.role}")


@user.command("list")
@click.pass_obj
def user_list(office: Office) -> None:
    """Show all users."""
    rows = [
        (u.name, u.role, "disabled" if u.disabled else "enabled", moment(u.last_login_at), u.last_login_from or "-")
        for u in office.store.read(users.every)
    ]
    table(("NAME", "ROLE", "STATE", "LAST SIGN-IN", "FROM"), rows)


@user.command("disable")
@click.argument("name")
@click.pass_obj
def user_disable(office: Office, name: str) -> None:
    """Disable NAME: his sign-ins end now, his keys rest."""
    print(
        f"disabled user {office.store.write(users.set_disabled, office.user_id(name), True, office.actor, office.clock.wall()).name}"
    )


@user.command("enable")
@click.argument("name")
@click.pass_obj
def user_enable(office: Office, name: str) -> None:
    """Enable NAME again; his keys work again too."""
    print(
        f"enabled user {office.store.write(users.set_disabled, office.user_id(name), False, office.actor, office.clock.wall()).name}"
    )


@user.command("set-role")
@click.argument("name")
@click.argument("role")
@click.pass_obj
def user_set_role(office: Office, name: str, role: str) -> None:
    """Give NAME the role ROLE."""
    changed = office.store.write(users.set_role, office.user_id(name), role, office.actor, office.clock.wall())
    print(f"user {changed.name} has the role {changed.role}")


@user.command("set-password")
@click.argument("name")
@_password_option
@click.pass_obj
def user_set_password(office: Office, name: str, password_stdin: bool) -> None:
    """Give NAME another password; his sign-ins end now."""
    user_id = office.user_id(name)
    changed = office.store.write(
        users.set_password, user_id, office.hashed(name, password_stdin), office.actor, office.clock.wall()
    )
    print(f"changed the password of user {changed.name}")


# Roles


@click.group()
def role() -> None:
    """What users may do: the built-in roles, and your own."""


_permissions = click.option("--permission", "permissions", multiple=True, help="A permission it holds; may be repeated.")
_says = click.option("--says", help="What it is for.")


@role.command("list")
@click.pass_obj
def role_list(office: Office) -> None:
    """Show every role, how many users hold it, and what it holds."""
    rows = [
        (r.name, "built in" if r.builtin else "own", str(r.users), words_of(r.permissions))
        for r in office.store.read(roles.every)
    ]
    table(("NAME", "KIND", "USERS", "PERMISSIONS"), rows)


@role.command("create")
@click.argument("name")
@_permissions
@_says
@click.pass_obj
def role_create(office: Office, name: str, permissions: tuple[str, ...], says: str | None) -> None:
    """Make a role NAME of the permissions given."""
    _tell(
        "created", office.store.write(roles.create, name, frozenset(permissions), says or "", office.actor, office.clock.wall())
    )


@role.command("clone")
@click.argument("name")
@click.argument("new_name", metavar="NEW")
@_says
@click.pass_obj
def role_clone(office: Office, name: str, new_name: str, says: str | None) -> None:
    """Make a role NEW that holds what NAME holds now."""
    like = office.store.read(roles.by_name, name)
    _tell(
        "created",
        office.store.write(roles.create, new_name, like.permissions, says or like.says, office.actor, office.clock.wall()),
    )


@role.command("change")
@click.argument("name")
@_permissions
@click.option("--add", "added", multiple=True, help="A permission to add to those it holds; may be repeated.")
@click.option("--remove", "removed", multiple=True, help="A permission to take from it; may be repeated.")
@_says
@click.pass_obj
def role_change(
    office: Office, name: str, permissions: tuple[str, ...], added: tuple[str, ...], removed: tuple[str, ...], says: str | None
) -> None:
    """Give the role NAME other permissions: all anew with --permission, or some more and some less.

    In force on live sockets within two seconds.
    """
    if not (permissions or added or removed or says):
        raise click.UsageError("say what to change: --permission, --add, --remove or --says")
    held = office.store.read(roles.by_name, name).permissions
    missing = sorted(set(removed) - held)
    if missing:
        raise AccountError(f"the role {name!r} does not hold {missing[0]!r}")
    wanted = (frozenset(permissions) or held) | frozenset(added)
    _tell("changed", office.store.write(roles.change, name, wanted - frozenset(removed), says, office.actor, office.clock.wall()))


@role.command("delete")
@click.argument("name")
@click.pass_obj
def role_delete(office: Office, name: str) -> None:
    """Delete the role NAME, which nobody holds any more."""
    office.store.write(roles.remove, name, office.actor, office.clock.wall())
    print(f"deleted role {name}")


def _tell(done: str, made: Role) -> None:
    users = "1 user holds it" if made.users == 1 else f"{made.users} users hold it"
    print(f"{done} role {made.name} with {words_of(made.permissions)} ({users})")
