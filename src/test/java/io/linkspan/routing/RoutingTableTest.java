package io.linkspan.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoutingTableTest {

  private static final Route.Destination CLIENTS = Route.Clients.PLAIN;

  private static Route.Bus bus(String address) {
    return new Route.Bus(address, false);
  }

  @ParameterizedTest
  @CsvSource({
    "bob, USER, bob, user:bob",
    "user:bob, USER, bob, user:bob",
    "group:news, GROUP, news, group:news",
    "session:abc, SESSION, abc, session:abc",
    "service:echo, SERVICE, echo, service:echo",
    "user:, USER, '', user:",
    "odd:name, USER, odd:name, user:odd:name",
    "'', UNADDRESSED, '', ''"
  })
  void aRecipientIsReadOnce(String to, Recipient.Kind kind, String name, String address) {
    assertThat(Recipient.of(to)).isEqualTo(new Recipient(kind, name, address));
  }

  @ParameterizedTest
  @CsvSource({
    "user:*, user:bob, true",
    "user:*, group:bob, false",
    "'', '', true",
    "'', user:bob, false",
    "*, '', true",
    "a*c, abc, true",
    "a*c, ac, true",
    "a*c, abcd, false",
    "*.log*, x.log.1, true",
    "a.c, abc, false",
    "telemetry.*, telemetry.cpu, true"
  })
  void aStarStandsForAnyRun(String pattern, String text, boolean matches) {
    assertThat(Glob.of(pattern).matches(text)).isEqualTo(matches);
  }

  @Test
  void theFirstRouteThatMatchesInBothPartsDecides() {
    var table =
        new RoutingTable(
            List.of(
                new Route(Glob.of(""), null, bus("inbound")),
                new Route(Glob.of("user:*"), Glob.of("secret.*"), bus("vault")),
                new Route(null, Glob.of("telemetry.*"), bus("telemetry")),
                new Route(Glob.of("user:*"), null, CLIENTS)));
    assertThat(destination(table, Recipient.of(""), "telemetry.cpu")).isEqualTo(bus("inbound"));
    assertThat(destination(table, Recipient.of("bob"), "secret.x")).isEqualTo(bus("vault"));
    assertThat(destination(table, Recipient.of("bob"), "text")).isEqualTo(CLIENTS);
    assertThat(destination(table, Recipient.of("group:x"), "telemetry.y"))
        .isEqualTo(bus("telemetry"));
    assertThat(destination(table, Recipient.of("group:x"), "text")).isNull();
  }

  @Test
  void aMethodCallGoesToTheChannelThatARouteOfItsTypeNames() {
    var table =
        new RoutingTable(
            List.of(
                new Route(Glob.of("user:*"), null, CLIENTS),
                new Route(null, null, bus("anything")),
                new Route(null, Glob.of("*"), CLIENTS),
                new Route(Glob.of("orders"), Glob.of("method"), bus("orders")),
                new Route(Glob.of("user:orders"), Glob.of("method"), bus("odd"))));
    assertThat(destinationOfCall(table, "orders")).isEqualTo(bus("orders"));
    assertThat(destinationOfCall(table, "user:orders")).isEqualTo(bus("odd"));
    assertThat(destinationOfCall(table, "user:bob")).isNull();
    assertThat(destinationOfCall(table, "")).isNull();
  }

  @Test
  void aRouteThatIsReplacedByAnEqualOneKeepsItsCount() {
    Route stays = new Route(Glob.of("a*b"), Glob.of("t*"), bus("x"));
    var table = new RoutingTable(List.of(stays, new Route(Glob.of("c"), null, bus("c"))));
    table.entries().get(0).hit();
    table.entries().get(1).hit();
    table.replace(
        List.of(
            new Route(Glob.of("c"), null, bus("d")),
            new Route(Glob.of("a*b"), Glob.of("t*"), bus("x")),
            stays));
    assertThat(table.entries().stream().map(RoutingTable.Entry::hits)).containsExactly(0L, 1L, 0L);
    assertThat(table.entries().get(1).route().pattern()).isEqualTo("a*b type t*");
  }

  private static Route.Destination destinationOfCall(RoutingTable table, String channel) {
    return destination(table, Recipient.of(channel, "method"), "method");
  }

  private static Route.Destination destination(RoutingTable table, Recipient to, String type) {
    RoutingTable.Entry entry = table.find(to, type);
    return entry == null ? null : entry.route().destination();
  }
}
