package io.linkspan.protocol;

/**
 * Reports that a peer violated its protocol. The message names the violation and can be sent to the
 * peer; it never contains a payload.
 *
 * <p>A core throws it, and the shell catches it and refuses the frame or closes the link. It has no
 * stack trace: a peer can cause it at will, and it is never a bug of the gateway.
 */
public class ProtocolException extends RuntimeException {

  public ProtocolException(String message) {
    super(message, null, false, false);
  }
}
