package io.linkspan.api;

/** Event-bus addresses and headers of the gateway. */
public final class Addresses {

  /**
   * Takes a {@link Message} whose {@code to} is a user, a group or a session, and replies when the
   * Message was delivered. {@link GatewayClient} uses it.
   */
  public static final String OUTBOUND = "linkspan.outbound";

  /**
   * Returns the address that does the same on one node. Nodes take turns at {@link #OUTBOUND},
   * where Messages of one sender can overtake each other; through one node they stay in order. The
   * address has no handler when the node is not running.
   */
  public static String outboundOf(String node) {
    return OUTBOUND + '.' + node;
  }

  /**
   * Publishes JSON: {@code
   * {"event","session","user","transport","node","group"?,"reason"?,"data"?,"at"}} where {@code
   * event} is connected, disconnected, resumed, expired, joined or left. {@link SessionEvent} reads
   * it. Later versions may add events and fields.
   */
  public static final String EVENTS = "linkspan.events";

  /**
   * Takes JSON with an {@code action} (sessions, presence, group, groups, join, leave, disconnect,
   * revoke, unrevoke or revocations) and replies with JSON. {@link GatewayClient} uses it.
   */
  public static final String CONTROL = "linkspan.control";

  /**
   * Publishes JSON about streamed answers: {@code {"action":"cancel","session","replyTo"}} when a
   * client cancels one. {@link io.linkspan.api.stream.AnswerStreams} reads it.
   */
  public static final String STREAMS = "linkspan.streams";

  /** Bus header of an inbound Message: public id of the sender's session. */
  public static final String SESSION = "session";

  /** Bus header of an inbound Message: authenticated name of the sender. */
  public static final String USER = "user";

  /** Bus header of an inbound Message: transport of the sender, such as {@code websocket}. */
  public static final String TRANSPORT = "transport";

  /** Bus header of an inbound Message: id of the gateway's node. */
  public static final String NODE = "node";

  /** Bus header of an inbound Message: network address of the sender, {@code host:port}. */
  public static final String REMOTE = "remote";

  /**
   * Bus header of a reply from {@link #OUTBOUND}: what confirmed the delivery, {@code client} or
   * {@code transport}.
   */
  public static final String BY = "by";

  /**
   * Bus header of a request to {@link #OUTBOUND}: with the value {@link #WAIT_ACCEPTED} the reply
   * comes when the recipient's session has the Message, not when the client acknowledged it.
   */
  public static final String WAIT = "wait";

  /** Value of {@link #WAIT}. */
  public static final String WAIT_ACCEPTED = "accepted";

  /**
   * Bus header of an inbound Message: seconds for which the parts of a streamed answer are kept, as
   * the route says; missing where they are not.
   */
  public static final String KEEP_STREAM = "keepStream";

  /** Start of the names that {@link #groupOfStream} returns. */
  public static final String STREAM_GROUPS = "linkspan.stream.";

  private Addresses() {}

  /**
   * Returns the group of the sessions that follow a streamed answer. Its log has the parts. Clients
   * cannot name it themselves.
   *
   * @param stream its id, without a dot
   * @param user the user for whom it is
   */
  public static String groupOfStream(String stream, String user) {
    return STREAM_GROUPS + stream + '.' + user;
  }

  /** Returns whether a group is one of {@link #groupOfStream}. */
  public static boolean isGroupOfStream(String group) {
    return group.startsWith(STREAM_GROUPS);
  }

  /**
   * Returns the id of the streamed answer that a group follows.
   *
   * @param group one of {@link #groupOfStream}
   */
  public static String streamOf(String group) {
    return group.substring(STREAM_GROUPS.length(), group.indexOf('.', STREAM_GROUPS.length()));
  }
}
