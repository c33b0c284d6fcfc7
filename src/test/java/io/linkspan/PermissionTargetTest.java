package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.permission.Action;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class PermissionTargetTest {

  @ParameterizedTest
  @CsvSource({
    "--to, SEND, service:orders",
    "--join, JOIN, room",
    "--publish, PUBLISH, room",
    "--presence, PRESENCE, room",
    "--connect, CONNECT, /admin"
  })
  void anOptionNamesTheActionAndItsTarget(String option, Action action, String name) {
    PermissionTarget target = CommandLine.populateCommand(new PermissionTarget(), option, name);
    assertThat(target.action()).isEqualTo(action);
    assertThat(target.name()).isEqualTo(name);
  }
}
