package io.linkspan.protocol.enet;

/**
 * Whether a host uses an optional part of the protocol: the checksum (§15), the range coder (§16).
 */
public enum Feature {
  /** Never; datagrams that use it are dropped. */
  OFF,
  /** With clients whose CONNECT uses it; not in connections that we open. */
  DETECT,
  /** Also in connections that we open; clients without a checksum are ignored. */
  ON
}
