package io.linkspan.permission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.admission.Identity;
import io.linkspan.config.ConfigException;
import io.linkspan.permission.Decision.Verdict;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PermissionRulesTest {

  private static Identity alice(JsonObject claims, String permissions) {
    return new Identity(
        "alice", false, null, 0, Identity.NEVER, claims.encode(), permissions, List.of());
  }

  private static final Identity ALICE = new Identity("alice", false);

  @Test
  void theFirstRuleThatMatchesDecides() throws Exception {
    PermissionRules rules =
        TestRules.of(
            """
            - {deny: join, group: "admin:*"}
            - {allow: join, group: "*"}
            - {deny: join, group: "room:1"}
            """);
    assertThat(rules.decide(ALICE, Action.JOIN, "admin:1", "").allows()).isFalse();
    assertThat(rules.decide(ALICE, Action.JOIN, "room:1", "").allows()).isTrue();
    assertThat(rules.decide(ALICE, Action.JOIN, "admin:1", "").reason())
        .isEqualTo("permissions[0]: deny join group \"admin:*\"");
  }

  @Test
  void whatNoRuleMentionsIsRefusedUnlessIdentitiesAreNotVerified() throws Exception {
    String rules = "- {allow: join, group: \"a\"}";
    assertThat(TestRules.of(rules).decide(ALICE, Action.JOIN, "b", "").verdict())
        .isEqualTo(Verdict.REFUSED);
    assertThat(TestRules.open(rules).decide(ALICE, Action.JOIN, "b", "").verdict())
        .isEqualTo(Verdict.ALLOWED);
    // A rule for one action does not permit another.
    assertThat(TestRules.of(rules).decide(ALICE, Action.PUBLISH, "a", "").allows()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "room:alice:1, true",
    "room:alice:, true",
    "room:bob:1, false",
    "room:alice, false",
    "xroom:alice:1, false",
    "tenant:7, true",
    "tenant:8, false",
    "ends:with:x, true",
    "ends:x:with, false",
  })
  void variablesAreTheUserAndItsClaims(String group, boolean allowed) throws Exception {
    PermissionRules rules =
        TestRules.of(
            """
            - {allow: join, group: "room:{user}:*"}
            - {allow: join, group: "tenant:{claim.tenant}"}
            - {allow: join, group: "none:{claim.missing}"}
            - {allow: join, group: "*with:{claim.x}"}
            """);
    Identity alice = alice(new JsonObject().put("tenant", 7).put("x", "x"), null);
    assertThat(rules.decide(alice, Action.JOIN, group, "").allows()).isEqualTo(allowed);
    assertThat(rules.decide(alice, Action.JOIN, "none:", "").allows()).isFalse();
    assertThat(rules.decide(alice, Action.JOIN, "none:{claim.missing}", "").allows()).isFalse();
  }

  /** A user chooses its name where identities are not verified, and an issuer may let it. */
  @ParameterizedTest
  @ValueSource(strings = {"*", "{user}", "a*", ".*", "\\E.*\\Q"})
  void theNameOfAUserIsNotAPattern(String name) throws Exception {
    PermissionRules rules = TestRules.of("- {allow: join, group: \"room:{user}:*\"}");
    var user = new Identity(name, false);
    assertThat(rules.decide(user, Action.JOIN, "room:alice:1", "").allows()).isFalse();
    assertThat(rules.decide(user, Action.JOIN, "room:" + name + ":1", "").allows()).isTrue();
  }

  @Test
  void conditionsNameClientsByClaimUserAndAnonymity() throws Exception {
    PermissionRules rules =
        TestRules.of(
            """
            - {allow: send, to: "service:orders", if: {claim: scope, has: orders}}
            - {allow: send, to: "service:roles", if: {claim: roles, has: admin}}
            - {allow: send, to: "service:bot", if: {user: "bot-*"}}
            - {allow: send, to: "service:guest", if: {anonymous: true}}
            """);
    Identity scoped = alice(new JsonObject().put("scope", "mail orders"), null);
    Identity admin = alice(new JsonObject().put("roles", new JsonArray().add("admin")), null);
    assertThat(allows(rules, scoped, "service:orders")).isTrue();
    assertThat(allows(rules, admin, "service:orders")).isFalse();
    assertThat(
            allows(rules, alice(new JsonObject().put("scope", "orders2"), null), "service:orders"))
        .isFalse();
    assertThat(allows(rules, admin, "service:roles")).isTrue();
    assertThat(allows(rules, scoped, "service:roles")).isFalse();
    for (String scope : List.of("orders", "orders mail", "reorders orders", "a  orders  b")) {
      assertThat(allows(rules, alice(new JsonObject().put("scope", scope), null), "service:orders"))
          .as(scope)
          .isTrue();
    }
    for (String scope : List.of("", "reorders", "orders, mail", "reorders orders2")) {
      assertThat(allows(rules, alice(new JsonObject().put("scope", scope), null), "service:orders"))
          .as(scope)
          .isFalse();
    }
    assertThat(allows(rules, new Identity("bot-1", false), "service:bot")).isTrue();
    assertThat(allows(rules, ALICE, "service:bot")).isFalse();
    assertThat(allows(rules, new Identity("x", true), "service:guest")).isTrue();
    assertThat(allows(rules, ALICE, "service:guest")).isFalse();
  }

  private static boolean allows(PermissionRules rules, Identity identity, String to) {
    return rules.decide(identity, Action.SEND, to, "x").allows();
  }

  @Test
  void aTypeLimitsARuleToSomeMessages() throws Exception {
    PermissionRules rules = TestRules.of("- {allow: send, to: \"user:*\", type: \"chat.*\"}");
    assertThat(rules.decide(ALICE, Action.SEND, "user:bob", "chat.text").allows()).isTrue();
    assertThat(rules.decide(ALICE, Action.SEND, "user:bob", "order").allows()).isFalse();
  }

  @Test
  void capabilitiesGrantWhatNoRuleMentionsAndNoMore() throws Exception {
    PermissionRules rules =
        TestRules.of(
            """
            - {deny: join, group: "admin:*"}
            - {allow: publish, group: "*", if: {member: true}}
            """);
    Identity alice =
        alice(
            new JsonObject(),
            "{\"join\":[\"*\",7,\"{\"],\"publish\":[\"news\"],\"send\":\"service:x\"}");
    assertThat(rules.decide(alice, Action.JOIN, "room", "").allows()).isTrue();
    assertThat(rules.decide(alice, Action.JOIN, "admin:1", "").allows()).isFalse();
    assertThat(rules.decide(alice, Action.PUBLISH, "news", "x").verdict())
        .isEqualTo(Verdict.ALLOWED);
    assertThat(rules.decide(alice, Action.PUBLISH, "other", "x").verdict())
        .isEqualTo(Verdict.ALLOWED_TO_MEMBERS);
    assertThat(allows(rules, alice, "service:x")).isFalse();
    assertThat(rules.decide(alice(new JsonObject(), "[1]"), Action.JOIN, "room", "").allows())
        .isFalse();
  }

  @Test
  void decisionsAreRememberedAndBounded() throws Exception {
    PermissionRules rules = TestRules.of("- {allow: join, group: \"room:{user}:*\"}");
    Permissions permissions = new Permissions(() -> rules, ALICE);
    Decision first = permissions.decide(Action.JOIN, "room:alice:0", "");
    assertThat(permissions.decide(Action.JOIN, "room:alice:0", "")).isSameAs(first);
    for (int i = 1; i < 1_000; i++) {
      assertThat(permissions.decide(Action.JOIN, "room:alice:" + i, "").allows()).isTrue();
      assertThat(permissions.decide(Action.JOIN, "room:bob:" + i, "").allows()).isFalse();
    }
    assertThat(permissions.remembered()).isLessThanOrEqualTo(64);
    assertThat(permissions.decide(Action.JOIN, "room:alice:0", "")).isEqualTo(first);
  }

  @Test
  void decisionsAreMadeAnewWhenTheRulesAreOthers() throws Exception {
    var inForce = new AtomicReference<>(TestRules.of("- {allow: join, group: \"a\"}"));
    Permissions permissions = new Permissions(inForce::get, ALICE);
    assertThat(permissions.decide(Action.JOIN, "a", "").allows()).isTrue();
    inForce.set(TestRules.of("- {allow: join, group: \"b\"}"));
    assertThat(permissions.decide(Action.JOIN, "a", "").allows()).isFalse();
    assertThat(permissions.decide(Action.JOIN, "b", "").allows()).isTrue();
    inForce.set(PermissionRules.OPEN);
    assertThat(permissions.areOpen()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "- {allow: send}",
        "- {allow: fly, to: \"x\"}",
        "- {allow: join, deny: join, group: \"x\"}",
        "- {group: \"x\"}",
        "- {allow: join, to: \"x\"}",
        "- {allow: join, group: \"{nobody}\"}",
        "- {allow: join, group: \"x\", type: \"y\"}",
        "- {allow: join, group: \"x\", if: {member: true}}",
        "- {deny: publish, group: \"x\", if: {member: true}}",
        "- {allow: join, group: \"x\", if: {claim: scope}}",
        "- {allow: join, group: \"x\", if: {moon: full}}",
        "- text",
      })
  void aRuleThatMakesNoSenseIsRejected(String rule) {
    assertThatThrownBy(() -> TestRules.of(rule)).isInstanceOf(ConfigException.class);
  }
}
