package io.linkspan.protocol.enet;

/**
 * Reasons for ignoring a datagram or the rest of one (§17). Anybody can forge a datagram, so none
 * of them is an error of a connection by itself.
 */
public enum DropReason {
  /** No room for the header it announces. */
  TOO_SHORT,
  /** More than 4096 bytes. */
  TOO_LONG,
  /** No connection has this address and peer id. */
  UNKNOWN_PEER,
  /** The session bits are those of another connection. */
  WRONG_SESSION,
  /** Compressed, and compression is off. */
  COMPRESSION_OFF,
  /** The range coder cannot expand it. */
  BAD_COMPRESSION,
  /** The checksum does not match, or is missing. */
  BAD_CHECKSUM,
  /** A CONNECT without a checksum, and checksums are required. */
  NO_CHECKSUM,
  /** A CONNECT of a library whose header flags have other places, such as ENet-CSharp. */
  OTHER_DIALECT,
  /** Without a peer id, and not a CONNECT. */
  NOT_A_CONNECT,
  /** A CONNECT with impossible fields. */
  BAD_CONNECT,
  /** A CONNECT in a datagram smaller than its answer; repeated, it is answered. */
  SMALL_CONNECT,
  /** A CONNECT from a network that has sent too many within a second. */
  TOO_MANY_CONNECTS,
  /** A CONNECT of a connection that exists or has ended recently. */
  REPEATED_CONNECT,
  /** A CONNECT while the host has as many peers as it may have. */
  HOST_FULL,
  /** A CONNECT from a network with as many peers as it may have. */
  ADDRESS_FULL,
  /** The connection has ended; only a repeated DISCONNECT is answered. */
  DEPARTED,
  /** A command number that does not exist. */
  UNKNOWN_COMMAND,
  /** A command longer than what is left of its datagram. */
  TRUNCATED_COMMAND,
  /** A command that asks for an acknowledgement in a datagram without a time. */
  NO_SENT_TIME,
  /** A message above the longest; the application ends its connection. */
  TOO_LARGE,
  /** A command with impossible fields. */
  BAD_COMMAND,
  /** A command that the state of the connection does not allow; it will be sent again. */
  WRONG_STATE,
  /** More data than may wait; it will be sent again. */
  WAITING_DATA,
  /** Messages of its sender have been incomplete for too long, which ends the connection. */
  STALLED,
  /** Data while much is queued for its sender; it will be sent again. */
  QUEUED_DATA,
  /** More commands in one second than a peer may send. */
  TOO_MANY_COMMANDS,
  /** An acknowledgement that matches no command in flight, or has an impossible time. */
  BAD_ACKNOWLEDGEMENT
}
