package io.linkspan.admission;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Decides the identity of a client. In the only mode, {@code none}, every claimed name is accepted:
 * for development and for trusted networks.
 */
public final class IdentityProvider {

  private static final int MAX_USER = 128;
  private static final int REPLACEMENT = 0xfffd;

  /**
   * Returns the identity of a client that claims a name.
   *
   * @param claimed the name, or null; without one the client is anonymous
   * @throws MessageException {@code unauthenticated} when it cannot be a name
   */
  public Identity identify(String claimed) {
    if (claimed == null) {
      String random = Long.toUnsignedString(ThreadLocalRandom.current().nextLong(), 36);
      return new Identity("anonymous-" + random, true);
    }
    if (claimed.isBlank()
        || claimed.length() > MAX_USER
        || claimed.codePoints().anyMatch(IdentityProvider::isForbidden)) {
      throw new MessageException(
          ErrorCode.UNAUTHENTICATED,
          "a user's name has 1 to " + MAX_USER + " characters and no control characters");
    }
    return new Identity(claimed, false);
  }

  /** Names that arrived as broken UTF-8 or UTF-16 would otherwise be one and the same user. */
  private static boolean isForbidden(int character) {
    return Character.isISOControl(character)
        || character == REPLACEMENT
        || (character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE);
  }
}
