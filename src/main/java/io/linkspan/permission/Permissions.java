package io.linkspan.permission;

import io.linkspan.admission.Identity;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The permissions of one client. A decision is made once for each target and then remembered. Used
 * only on the event loop of the client's session.
 */
public final class Permissions {

  /** Decisions that are remembered; a client that uses more targets in turn pays for each again. */
  private static final int MAX_DECISIONS = 64;

  private record Question(Action action, String target, String type) {}

  private final Supplier<PermissionRules> live;
  private final Identity identity;

  /** Null until the first decision: reading claims costs more than most clients ever need. */
  private Subject subject;

  private Question last;
  private Decision lastDecision;
  private Map<Question, Decision> decisions;

  /** The rules of the remembered decisions; null before the first one. */
  private PermissionRules rules;

  /**
   * Creates the permissions of a client.
   *
   * @param rules in force; decisions are made anew after they have changed
   */
  public Permissions(Supplier<PermissionRules> rules, Identity identity) {
    live = rules;
    this.identity = identity;
  }

  /** Returns whether the client may do everything. */
  public boolean areOpen() {
    return live.get().areOpen();
  }

  /**
   * Decides whether the client may do something.
   *
   * @param target recipient, group without its prefix, or namespace
   * @param type of the Message; empty for other actions
   */
  public Decision decide(Action action, String target, String type) {
    PermissionRules current = live.get();
    if (current != rules) {
      rules = current;
      last = null;
      decisions = null;
    }
    if (last != null
        && last.action() == action
        && last.target().equals(target)
        && last.type().equals(type)) {
      return lastDecision;
    }
    var question = new Question(action, target, type);
    if (decisions == null) {
      decisions = new LinkedHashMap<>(4, 0.75f, true);
    }
    Decision decision = decisions.get(question);
    if (decision == null) {
      if (subject == null) {
        subject = new Subject(identity);
      }
      decision = rules.decide(subject, action, target, type);
      if (decisions.size() >= MAX_DECISIONS) {
        decisions.remove(decisions.keySet().iterator().next());
      }
      decisions.put(question, decision);
    }
    last = question;
    lastDecision = decision;
    return decision;
  }

  /** Returns the number of decisions that are remembered. */
  int remembered() {
    return decisions == null ? 0 : decisions.size();
  }
}
