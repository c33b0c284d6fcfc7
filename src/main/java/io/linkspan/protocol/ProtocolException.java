package io.linkspan.protocol;

/**
 * The peer broke its protocol: what it sent can not be understood. The text names what was wrong
 * and is fit to be sent back to the peer; it never holds a payload.
 *
 * <p>Leaves a core and is caught by the shell, which refuses the frame or closes the link. It
 * carries no stack trace: a peer can cause it at will, and it is never a bug of ours.
 */
public class ProtocolException extends RuntimeException {

  public ProtocolException(String message) {
    super(message, null, false, false);
  }
}
