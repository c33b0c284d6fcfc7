package io.linkspan.delivery;

/** Carries out inbound Messages that join, leave or watch groups, or follow streamed answers. */
public interface GroupRequests {

  /** Type of a Message that joins groups. */
  String JOIN = "join_group";

  /** Type of a Message that leaves groups. */
  String LEAVE = "leave_group";

  /** Type of a Message that watches the presence of groups. */
  String WATCH = "watch_presence";

  /** Type of a Message that ends that. */
  String UNWATCH = "unwatch_presence";

  /** Type of a Message that follows the streamed answer in its header {@code stream}. */
  String FOLLOW = "follow_stream";

  /** Type of a Message that ends that. */
  String UNFOLLOW = "unfollow_stream";

  /** Returns whether Messages of this type are requests of the client to the gateway itself. */
  static boolean isGroupRequest(String type) {
    return switch (type) {
      case JOIN, LEAVE, WATCH, UNWATCH, FOLLOW, UNFOLLOW -> true;
      default -> false;
    };
  }

  /** Returns whether a session of this shard is a member of a group. */
  boolean isMember(String session, String group);

  /**
   * Makes the sender's session a member or a watcher of the groups that the body names, lets it
   * follow a streamed answer, or ends that.
   */
  void change(InboundExchange exchange);
}
