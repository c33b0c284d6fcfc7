package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.auth.AuthConfig;
import io.linkspan.permission.Action;
import io.linkspan.testing.PrintedOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenCommandsTest {

  @TempDir private Path folder;

  /** Returns what a command prints, which must end with this code. */
  private static String printed(int code, IntSupplier command) {
    try (var printed = new PrintedOutput()) {
      assertThat(command.getAsInt()).isEqualTo(code);
      return printed.text();
    }
  }

  private AuthConfig fresh() throws Exception {
    return GatewayConfig.load(write(printed(0, TokenCommands::configuration)), Map.of()).auth();
  }

  private Path write(String yaml) throws IOException {
    return Files.writeString(folder.resolve("generated.yaml"), yaml);
  }

  @Test
  void generatedConfigurationMakesTokensThatItAccepts() throws Exception {
    AuthConfig auth = fresh();
    assertThat(auth.readsTokens()).isTrue();
    String token =
        printed(
                0,
                () -> TokenCommands.generate(auth, "alice", "1h", Map.of("linkspan", "{\"a\":[]}")))
            .strip();
    assertThat(printed(0, () -> TokenCommands.check(auth, token)))
        .contains("valid, user alice", "accepted until", "\"a\" :");
  }

  @Test
  void secretsAreFreshEachTime() {
    assertThat(printed(0, TokenCommands::configuration))
        .isNotEqualTo(printed(0, TokenCommands::configuration));
  }

  @Test
  void wrongTokensAndWrongUsageHaveTheirOwnCodes() throws Exception {
    AuthConfig auth = fresh();
    assertThat(TokenCommands.check(auth, "no.token.here")).isEqualTo(1);
    assertThat(TokenCommands.generate(auth, "alice", "soon", Map.of())).isEqualTo(2);
    assertThat(TokenCommands.generate(auth, "service:x", "1h", Map.of())).isEqualTo(2);
    assertThat(TokenCommands.check(GatewayConfig.defaults().auth(), "x")).isEqualTo(2);
  }

  @Test
  void permissionIsExplainedByTheRuleThatDecides() throws Exception {
    GatewayConfig config =
        GatewayConfig.load(
            write(
                printed(0, TokenCommands::configuration)
                    + """
                    permissions:
                      - {allow: send, to: "service:orders", if: {claim: scope, has: orders}}
                      - {allow: publish, group: "*", if: {member: true}}
                    """),
            Map.of());
    String token =
        printed(
                0,
                () ->
                    TokenCommands.generate(config.auth(), "alice", "1h", Map.of("scope", "orders")))
            .strip();
    assertThat(
            printed(
                0,
                () ->
                    TokenCommands.explain(config, token, null, Action.SEND, "service:orders", "")))
        .startsWith("allowed: permissions[0]: allow send to \"service:orders\"");
    assertThat(
            printed(
                1,
                () ->
                    TokenCommands.explain(
                        config, null, "alice", Action.SEND, "service:orders", "")))
        .startsWith("refused: no rule permits it");
    assertThat(
            printed(0, () -> TokenCommands.explain(config, null, null, Action.PUBLISH, "room", "")))
        .startsWith("allowed to members of the group: permissions[1]");
  }
}
