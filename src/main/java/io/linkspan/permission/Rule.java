package io.linkspan.permission;

import java.util.List;

/**
 * A rule of the configuration.
 *
 * @param key where it is in the configuration, as in {@code permissions[2]}
 * @param allows else it refuses
 * @param target which recipients, groups or namespaces
 * @param type which types of Messages; null: any
 * @param members whether it is for members of the group only
 * @param conditions which clients: all must hold
 */
record Rule(
    String key,
    boolean allows,
    Action action,
    Template target,
    Template type,
    boolean members,
    List<Condition> conditions) {

  Rule {
    conditions = List.copyOf(conditions);
  }

  boolean matches(Action what, String name, String messageType, Subject subject) {
    return action == what
        && target.matches(name, subject)
        && (type == null || type.matches(messageType, subject))
        && conditions.stream().allMatch(condition -> condition.holds(subject));
  }

  @Override
  public String toString() {
    return key
        + ": "
        + (allows ? "allow " : "deny ")
        + action.key()
        + ' '
        + action.target()
        + " \""
        + target
        + '"'
        + (type == null ? "" : " type \"" + type + '"')
        + (members ? " for members" : "");
  }
}
