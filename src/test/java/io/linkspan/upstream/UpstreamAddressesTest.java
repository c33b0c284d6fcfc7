package io.linkspan.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.GatewayConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UpstreamAddressesTest {

  private static final String ROUTES =
      """
      routes:
        - {to: "service:a", http: {url: "http://a.example/"}}
        - to: "service:b"
          tcp: {host: b.example, framing: {kind: delimiter, delimiter: '\\0'}}
      """;

  @TempDir Path folder;

  private List<UpstreamConfig> read(String yaml) throws Exception {
    return GatewayConfig.load(write(yaml), Map.of()).upstreams();
  }

  private Path write(String yaml) throws IOException {
    return Files.writeString(folder.resolve("a.yaml"), yaml);
  }

  @Test
  void onlyAnUpstreamThatChangesHasANewAddress() throws Exception {
    List<UpstreamConfig> before = read(ROUTES);
    List<UpstreamConfig> same = read(ROUTES);
    assertThat(assign(1, before, same)).isEqualTo(before);
    List<UpstreamConfig> changed = read(ROUTES.replace("b.example", "c.example"));
    List<UpstreamConfig> after = assign(1, before, changed);
    assertThat(after.get(0)).isEqualTo(before.get(0));
    assertThat(after.get(1).name()).isEqualTo("service:b");
    assertThat(before).extracting(UpstreamConfig::address).doesNotContain(after.get(1).address());
    // The former address is not used again while its upstream may still have Messages.
    List<UpstreamConfig> back = assign(2, after, same);
    assertThat(back.get(1).address())
        .isNotEqualTo(before.get(1).address())
        .isNotEqualTo(after.get(1).address());
  }

  private static List<UpstreamConfig> assign(
      int generation, List<UpstreamConfig> inForce, List<UpstreamConfig> read) {
    var addresses = new UpstreamAddresses(generation, inForce);
    return read.stream()
        .map(one -> addresses.assign(one.name(), one.pipeline(), one.backend()))
        .toList();
  }
}
