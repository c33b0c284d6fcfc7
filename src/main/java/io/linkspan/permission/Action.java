package io.linkspan.permission;

/** The actions that need a permission. */
public enum Action {
  /** Sends a Message to a service, a user or a session, or by its type alone. */
  SEND("send", "to"),
  /** Becomes a member of a group. */
  JOIN("join", "group"),
  /** Receives what was sent to a group before. */
  HISTORY("history", "group"),
  /** Sends a Message to the members of a group. */
  PUBLISH("publish", "group"),
  /** Watches which users are in a group. */
  PRESENCE("presence", "group"),
  /** Connects to a namespace of Socket.IO. */
  CONNECT("connect", "namespace");

  private final String key;
  private final String target;

  Action(String key, String target) {
    this.key = key;
    this.target = target;
  }

  /** Returns its name in rules and tokens. */
  public String key() {
    return key;
  }

  /** Returns the key of its target in a rule. */
  String target() {
    return target;
  }
}
