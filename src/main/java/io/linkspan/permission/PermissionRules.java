package io.linkspan.permission;

import io.linkspan.admission.Identity;
import io.linkspan.permission.Decision.Verdict;
import io.vertx.core.json.JsonArray;
import java.util.List;

/** The rules of a node. Immutable, hence shared by all event loops. */
public final class PermissionRules {

  /** Rules that permit everything. */
  public static final PermissionRules OPEN = new PermissionRules(List.of(), true);

  /** Patterns of one action in a token or an answer of the hook; what follows is ignored. */
  private static final int MAX_CAPABILITIES = 1_000;

  private final List<Rule> rules;
  private final boolean open;
  private final boolean permitEverything;

  /**
   * Creates the rules.
   *
   * @param open whether what no rule mentions is allowed
   */
  PermissionRules(List<Rule> rules, boolean open) {
    this.rules = List.copyOf(rules);
    this.open = open;
    permitEverything = open && this.rules.stream().allMatch(Rule::allows);
  }

  /** Returns whether everything is allowed to everybody. */
  boolean areOpen() {
    return permitEverything;
  }

  /**
   * Decides whether a client may do something.
   *
   * @param target recipient, group without its prefix, or namespace
   * @param type of the Message; empty for other actions
   */
  public Decision decide(Identity identity, Action action, String target, String type) {
    return decide(new Subject(identity), action, target, type);
  }

  Decision decide(Subject subject, Action action, String target, String type) {
    Rule forMembers = null;
    for (Rule rule : rules) {
      if (!rule.matches(action, target, type, subject)) {
        continue;
      }
      if (!rule.members()) {
        return rule.allows()
            ? new Decision(Verdict.ALLOWED, rule.toString())
            : refused(forMembers, rule.toString());
      }
      if (forMembers == null) {
        forMembers = rule;
      }
    }
    String capability = capability(subject, action, target);
    if (capability != null) {
      return new Decision(
          Verdict.ALLOWED, "the token or the hook grants " + action.key() + " " + capability);
    }
    return open
        ? new Decision(Verdict.ALLOWED, "no rule forbids it, and identities are not verified")
        : refused(forMembers, "no rule permits it");
  }

  /** Returns a refusal, of all or of those who are not members. */
  private static Decision refused(Rule forMembers, String reason) {
    return forMembers == null
        ? new Decision(Verdict.REFUSED, reason)
        : new Decision(Verdict.ALLOWED_TO_MEMBERS, forMembers.toString());
  }

  /** Returns the capability of a client that grants an action; null when none does. */
  private static String capability(Subject subject, Action action, String target) {
    if (!(subject.capabilities().getValue(action.key()) instanceof JsonArray granted)) {
      return null;
    }
    for (int i = 0; i < Math.min(granted.size(), MAX_CAPABILITIES); i++) {
      if (granted.getValue(i) instanceof String pattern) {
        Template template = Template.parse(pattern);
        if (template != null && template.matches(target, subject)) {
          return '"' + pattern + '"';
        }
      }
    }
    return null;
  }
}
