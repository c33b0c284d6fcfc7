package io.linkspan.delivery;

/** Carries out inbound Messages that join or leave groups. */
public interface GroupRequests {

  /** Type of a Message that joins groups. */
  String JOIN = "join_group";

  /** Type of a Message that leaves groups. */
  String LEAVE = "leave_group";

  /** Returns whether Messages of this type are requests of the client to the gateway itself. */
  static boolean isGroupRequest(String type) {
    return type.equals(JOIN) || type.equals(LEAVE);
  }

  /** Returns whether a session of this shard is a member of a group. */
  boolean isMember(String session, String group);

  /** Makes the sender's session a member of the groups that the body names, or ends that. */
  void change(InboundExchange exchange);
}
