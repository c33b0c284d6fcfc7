package io.linkspan.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.SlowPolicy;
import io.linkspan.routing.Route;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RouteMarksTest {

  private static Message message(String... headers) {
    Message.Builder message = Message.newBuilder().setTo("group:prices");
    for (int i = 0; i < headers.length; i += 2) {
      message.putHeaders(headers[i], headers[i + 1]);
    }
    return message.build();
  }

  private static Route.Clients route(SlowPolicy policy, String key) {
    return new Route.Clients(false, policy, key, Duration.ZERO, Duration.ZERO);
  }

  @Test
  void aPlainRouteLeavesTheMessageAsItIs() {
    Message message = message("slow", "latest", "slowKey", "a");
    assertThat(RouteMarks.mark(message, Route.Clients.PLAIN)).isSameAs(message);
  }

  @Test
  void theValueOfTheHeaderThatTheRouteNamesIsTheKey() {
    Message marked =
        RouteMarks.mark(message("symbol", "EURUSD"), route(SlowPolicy.LATEST, "symbol"));
    assertThat(marked.getHeadersMap())
        .isEqualTo(Map.of("symbol", "EURUSD", "slow", "latest", "slowKey", "EURUSD"));
  }

  @Test
  void aMessageWithoutTheHeaderHasTheEmptyKey() {
    Message marked =
        RouteMarks.mark(message("slowKey", "mine"), route(SlowPolicy.LATEST, "symbol"));
    assertThat(marked.getHeadersMap()).isEqualTo(Map.of("slow", "latest", "slowKey", ""));
  }

  @Test
  void theRouteReplacesThePolicyOfTheSender() {
    Message marked = RouteMarks.mark(message("slow", "latest"), route(SlowPolicy.QUEUE, null));
    assertThat(SlowPolicy.of(marked)).isEqualTo(SlowPolicy.QUEUE);
  }

  @Test
  void aSenderCannotCloseTheLinksOfOthers() {
    Message marked = RouteMarks.mark(message("slow", "cut", "a", "b"), Route.Clients.PLAIN);
    assertThat(marked.getHeadersMap()).isEqualTo(Map.of("a", "b"));
    Message allowed = RouteMarks.mark(message(), route(SlowPolicy.CUT, null));
    assertThat(SlowPolicy.of(allowed)).isEqualTo(SlowPolicy.CUT);
    Message both = RouteMarks.mark(message("slow", "cut"), Route.Clients.VOLATILE);
    assertThat(both.getHeadersMap()).containsEntry("volatile", "true");
  }

  @Test
  void aRouteWithAMailboxKeepsAMessageUnlessItSaysForHowLong() {
    var mailbox = new Route.Clients(false, null, null, Duration.ofMinutes(2), Duration.ZERO);
    assertThat(Headers.get(RouteMarks.mark(Message.getDefaultInstance(), mailbox), Headers.TTL))
        .isEqualTo("120");
    Message own = Message.newBuilder().putHeaders(Headers.TTL, "0").build();
    assertThat(RouteMarks.mark(own, mailbox)).isEqualTo(own);
    Message cutting = Message.newBuilder().putHeaders(Headers.SLOW, SlowPolicy.CUT.label()).build();
    assertThat(Headers.get(RouteMarks.mark(cutting, mailbox), Headers.SLOW)).isNull();
  }

  @Test
  void onlyARouteWithHistoryKeepsAMessageForTheGroup() {
    var history = new Route.Clients(false, null, null, Duration.ZERO, Duration.ofHours(1));
    assertThat(RouteMarks.mark(message("history", "9"), history).getHeadersMap())
        .isEqualTo(Map.of("history", "3600"));
    assertThat(RouteMarks.mark(message("history", "9"), Route.Clients.PLAIN).getHeadersMap())
        .isEmpty();
    var cut = new Route.Clients(false, SlowPolicy.CUT, null, Duration.ZERO, Duration.ofSeconds(2));
    assertThat(RouteMarks.mark(message(), cut).getHeadersMap())
        .isEqualTo(Map.of("history", "2", "slow", "cut"));
  }
}
