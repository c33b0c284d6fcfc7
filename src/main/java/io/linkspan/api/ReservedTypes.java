package io.linkspan.api;

/**
 * The types of Messages that only the gateway itself sends. They are {@code forbidden} from clients
 * and from services, since clients act on them: a forged {@link #SESSION} would replace a token.
 */
public final class ReservedTypes {

  /**
   * A Message was refused. A service may answer with this type, which is the refusal of the request
   * and not passed on.
   */
  public static final String ERROR = "error";

  /** The token of the client's session. */
  public static final String SESSION = "session";

  /** The users of a group that the client watches, or what has changed. */
  public static final String PRESENCE = "group_presence";

  /** The link ends. */
  public static final String CLOSING = "closing";

  /** A part of a group's history is lost to a member that has not had it. */
  public static final String HISTORY_GAP = "history_gap";

  /**
   * The first Message of a client that names itself. A service may emit a raw Socket.IO event of
   * this name, as many Socket.IO servers do: no client takes it for the gateway's.
   */
  public static final String AUTH = "auth";

  private static final String RAW_EVENT = "application/socket.io+json";

  private ReservedTypes() {}

  /** Returns whether Messages of this type are the gateway's own. */
  public static boolean contains(String type) {
    return switch (type) {
      case ERROR, SESSION, PRESENCE, CLOSING, HISTORY_GAP, AUTH -> true;
      default -> false;
    };
  }

  /** Returns whether a service may not send this Message because of its type. */
  public static boolean isForged(Message fromService) {
    return contains(fromService.getType())
        && !(fromService.getType().equals(AUTH) && fromService.getContentType().equals(RAW_EVENT));
  }

  /** Returns the refusal of a Message whose type is reserved. */
  public static MessageException refusal(String type) {
    return new MessageException(ErrorCode.FORBIDDEN, "the type " + type + " is reserved");
  }
}
