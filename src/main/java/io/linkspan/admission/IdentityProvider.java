package io.linkspan.admission;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Says who a client is. In the only mode there is, {@code none}, everybody is who they say they
 * are: for development and for networks that are trusted.
 */
public final class IdentityProvider {

  private static final int MAX_USER = 128;

  /**
   * The identity of a client that claims a name.
   *
   * @param claimed the name, or null; without one the client is anonymous
   * @throws MessageException {@code unauthenticated} when it can be nobody's name
   */
  public Identity identify(String claimed) {
    if (claimed == null) {
      String random = Long.toUnsignedString(ThreadLocalRandom.current().nextLong(), 36);
      return new Identity("anonymous-" + random, true);
    }
    if (claimed.isBlank()
        || claimed.length() > MAX_USER
        || claimed.chars().anyMatch(Character::isISOControl)) {
      throw new MessageException(
          ErrorCode.UNAUTHENTICATED,
          "a user's name has 1 to " + MAX_USER + " characters and no control characters");
    }
    return new Identity(claimed, false);
  }
}
