package io.linkspan.protocol.enet;

/**
 * Whether a host uses an optional part of the protocol: the checksum (§15), the range coder (§16).
 */
public enum Feature {
  /** Never; what arrives with it is dropped. */
  OFF,
  /** With a client that uses it in its CONNECT; not in connections that we open. */
  DETECT,
  /** In connections that we open as well; a client without a checksum is dropped. */
  ON
}
