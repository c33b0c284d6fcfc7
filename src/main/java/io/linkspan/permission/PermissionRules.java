package io.linkspan.permission;

import io.linkspan.admission.Identity;
import io.linkspan.permission.Decision.Verdict;
import io.vertx.core.json.JsonArray;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The rules of a node. Immutable, hence shared by all event loops. */
public final class PermissionRules {

  /** Rules that permit everything. */
  public static final PermissionRules OPEN = new PermissionRules(List.of(), true);

  /** Patterns of one action in a token or an answer of the hook; what follows is ignored. */
  private static final int MAX_CAPABILITIES = 1_000;

  private static final Decision UNMENTIONED = new Decision(Verdict.REFUSED, "no rule permits it");

  private static final Decision UNMENTIONED_AND_OPEN =
      new Decision(Verdict.ALLOWED, "no rule forbids it, and identities are not verified");

  /** A rule, and the decision about what it matches. */
  private record Entry(Rule rule, Decision decision) {}

  /** In their order. */
  private final Map<Action, List<Entry>> entries = new EnumMap<>(Action.class);

  private final boolean open;
  private final boolean permitEverything;

  /**
   * Creates the rules.
   *
   * @param open whether what no rule mentions is allowed
   */
  PermissionRules(List<Rule> rules, boolean open) {
    for (Action action : Action.values()) {
      entries.put(
          action,
          rules.stream()
              .filter(rule -> rule.action() == action)
              .map(rule -> new Entry(rule, rule.decision()))
              .toList());
    }
    this.open = open;
    permitEverything = open && rules.stream().allMatch(Rule::allows);
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
    Decision forMembers = null;
    for (Entry entry : entries.get(action)) {
      Rule rule = entry.rule();
      if (!rule.matches(target, type, subject)) {
        continue;
      }
      if (!rule.members()) {
        return rule.allows() ? entry.decision() : refused(forMembers, entry.decision());
      }
      if (forMembers == null) {
        forMembers = entry.decision();
      }
    }
    String capability = capability(subject, action, target);
    if (capability != null) {
      return new Decision(
          Verdict.ALLOWED, "the token or the hook grants " + action.key() + " " + capability);
    }
    return open ? UNMENTIONED_AND_OPEN : refused(forMembers, UNMENTIONED);
  }

  /** Returns a refusal, of all or of those who are not members. */
  private static Decision refused(Decision forMembers, Decision refusal) {
    return forMembers == null ? refusal : forMembers;
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
