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

  /** Returns whether the rule is about a client and a target of its action. */
  boolean matches(String name, String messageType, Subject subject) {
    return target.matches(name, subject)
        && (type == null || type.matches(messageType, subject))
        && areMet(subject);
  }

  private boolean areMet(Subject subject) {
    for (Condition condition : conditions) {
      if (!condition.holds(subject)) {
        return false;
      }
    }
    return true;
  }

  /** Returns the decision about a client and a target that the rule matches. */
  Decision decision() {
    if (members) {
      return new Decision(Decision.Verdict.ALLOWED_TO_MEMBERS, toString());
    }
    return new Decision(allows ? Decision.Verdict.ALLOWED : Decision.Verdict.REFUSED, toString());
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
