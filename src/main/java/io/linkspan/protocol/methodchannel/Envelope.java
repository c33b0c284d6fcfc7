package io.linkspan.protocol.methodchannel;

import io.linkspan.protocol.ProtocolException;
import java.util.Objects;

/** The answer to a call. The empty reply, for a method that is not implemented, has no envelope. */
public sealed interface Envelope {

  /**
   * The method succeeded.
   *
   * @param result any value that the codec can write, null included
   */
  record Success(Object result) implements Envelope {}

  /**
   * The method failed.
   *
   * @param message for people; may be null
   * @param details any value that the codec can write; may be null
   * @param stackTrace of the peer, where it sends one; else null
   */
  record Failure(String code, String message, Object details, String stackTrace)
      implements Envelope {

    public Failure {
      Objects.requireNonNull(code);
    }

    /** Creates the failure from values that a peer sent, of any type. */
    static Failure of(Object code, Object message, Object details, Object stackTrace) {
      if (code instanceof String codeText
          && (message == null || message instanceof String)
          && (stackTrace == null || stackTrace instanceof String)) {
        return new Failure(codeText, (String) message, details, (String) stackTrace);
      }
      throw new ProtocolException("code, message and stack trace of a failure must be strings");
    }
  }
}
