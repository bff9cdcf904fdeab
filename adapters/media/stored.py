"""A coded packet as a type: PyAV's class takes its parameter in type declarations only."""

from typing import TYPE_CHECKING, Any

from av.packet import Packet

if TYPE_CHECKING:
    StoredPacket = Packet[Any]
else:
    StoredPacket = Packet
