package io.linkspan.permission;

import io.linkspan.config.ConfigNode;
import java.util.ArrayList;
import java.util.List;

/** Reads the section {@code permissions}. */
public final class RuleReader {

  private static final String ALLOW = "allow";
  private static final String DENY = "deny";

  private RuleReader() {}

  /**
   * Reads all rules, in their order.
   *
   * @param open whether what no rule mentions is allowed
   */
  public static PermissionRules read(List<ConfigNode> rules, boolean open) {
    List<Rule> all = new ArrayList<>();
    for (ConfigNode rule : rules) {
      Rule read = read(rule);
      if (read != null) {
        all.add(read);
      }
    }
    return new PermissionRules(all, open);
  }

  /** Returns null for a rule that was rejected. */
  private static Rule read(ConfigNode rule) {
    if (!rule.isSection() || rule.has(ALLOW) == rule.has(DENY)) {
      rule.reject("", "a rule such as {allow: send, to: \"service:*\"}");
      return null;
    }
    String kind = rule.has(ALLOW) ? ALLOW : DENY;
    Action action = action(rule, kind);
    if (action == null) {
      return null;
    }
    boolean messages = action == Action.SEND || action == Action.PUBLISH;
    if (messages) {
      rule.allow(kind, action.target(), "type", "if");
    } else {
      rule.allow(kind, action.target(), "if");
    }
    Template target = template(rule, action.target());
    Template type = messages && rule.has("type") ? template(rule, "type") : null;
    List<Condition> conditions = new ArrayList<>();
    boolean allows = kind.equals(ALLOW);
    boolean members =
        rule.has("if") && readConditions(rule.section("if"), action, allows, conditions);
    return target == null
        ? null
        : new Rule(rule.keyOf(""), allows, action, target, type, members, conditions);
  }

  private static Action action(ConfigNode rule, String kind) {
    String name = rule.text(kind);
    for (Action action : Action.values()) {
      if (action.key().equals(name)) {
        return action;
      }
    }
    rule.reject(kind, "send, join, history, publish, presence or connect");
    return null;
  }

  private static Template template(ConfigNode rule, String key) {
    if (!rule.has(key)) {
      rule.reject(key, "a pattern such as \"room:{user}:*\"");
      return null;
    }
    Template template = Template.parse(rule.text(key));
    if (template == null) {
      rule.reject(key, "a pattern whose variables are {user} and {claim.NAME}");
    }
    return template;
  }

  /** Returns whether the rule is for members only. */
  private static boolean readConditions(
      ConfigNode condition, Action action, boolean allows, List<Condition> conditions) {
    condition.allow("claim", "has", "user", "anonymous", "member");
    if (condition.has("claim") != condition.has("has")) {
      condition.reject("claim", "to be used together with has");
    } else if (condition.has("claim")) {
      conditions.add(new Condition.Claim(condition.text("claim"), condition.scalar("has")));
    }
    if (condition.has("user")) {
      Template user = template(condition, "user");
      if (user != null) {
        conditions.add(new Condition.User(user));
      }
    }
    if (condition.has("anonymous")) {
      conditions.add(new Condition.Anonymous(condition.flag("anonymous")));
    }
    if (!condition.has("member")) {
      return false;
    }
    boolean known = action == Action.PUBLISH || action == Action.PRESENCE;
    if (!known || !allows || !condition.flag("member")) {
      condition.reject("member", "true, to be used with allow: publish or presence only");
    }
    return true;
  }
}
