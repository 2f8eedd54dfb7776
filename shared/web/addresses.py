"""Network addresses of clients, as limits count them."""

from ipaddress import IPv6Address, ip_address, ip_network


def network_of(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 that an IPv6 address is in (RFC 4291 section 2.5.4),
    because one household or server has all of that. Text that is no address counts as it is."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, 64), strict=False))
