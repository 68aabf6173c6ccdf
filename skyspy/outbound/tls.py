"""TLS towards another host: its certificate is always checked."""

from __future__ import annotations

from gevent import socket, ssl

from skyspy.outbound import OutboundError


def context_for(ca: str | None) -> ssl.SSLContext:
    """A context that trusts the certificates of `ca` (PEM), or those that the system trusts where it is None."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(cadata=ca)
    return context


def wrapped(sock: socket.socket, host: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    """The socket with TLS, its certificate checked for this host. Closes the socket and raises OutboundError where it is not trusted."""
    try:
        return context.wrap_socket(sock, server_hostname=host)
    except ssl.SSLError as error:
        sock.close()
        raise tls_error(error) from None
    except BaseException:
        sock.close()
        raise


def tls_error(error: ssl.SSLError) -> OutboundError:
    """The error of a handshake, for people."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return OutboundError(f"its certificate is not trusted ({error.verify_message})")
    return OutboundError(f"TLS failed ({(error.reason or 'closed').replace('_', ' ').lower()})")
