package io.linkspan.protocol.engineio;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.protocol.engineio.FrontDoor.Action;
import io.linkspan.protocol.engineio.FrontDoor.Admitted;
import io.linkspan.protocol.engineio.FrontDoor.Decision;
import io.linkspan.protocol.engineio.FrontDoor.Refused;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrontDoorTest {
  private static final long NOW = 5_000;

  private final FrontDoor door = new FrontDoor(EngineConfigs.QUICK);
  private EngineSession<String, String> session;

  @ParameterizedTest
  @CsvSource({
    "GET,  EIO=4&transport=polling, OPEN_POLLING",
    "GET,  EIO=3&transport=polling&b64=1, OPEN_POLLING",
    "GET,  EIO=3&transport=polling&j=0, OPEN_POLLING",
    "GET,  EIO=4&transport=polling&sid=, OPEN_POLLING",
    "WS,   EIO=4&transport=websocket, OPEN_WEBSOCKET",
    "WS,   EIO=3&transport=polling, OPEN_WEBSOCKET",
  })
  void handshakeIsAdmitted(String method, String query, Action action) {
    assertThat(decide(method, query)).isEqualTo(new Admitted(action));
  }

  @ParameterizedTest
  @CsvSource({
    "GET,  EIO=4, 0",
    "GET,  EIO=4&transport=carrier-pigeon, 0",
    "GET,  EIO=4&transport=__proto__, 0",
    "GET,  transport=&EIO=9, 0",
    "GET,  EIO=4&transport=websocket, 3",
    "POST, EIO=4&transport=polling, 2",
    "PUT,  EIO=4&transport=polling, 2",
    "POST, EIO=9&transport=polling, 2",
    "GET,  EIO=5&transport=polling, 5",
    "GET,  EIO=abc&transport=polling, 5",
    "GET,  EIO=04&transport=polling, 5",
    "WS,   EIO=7&transport=websocket, 5",
    "WS,   EIO=4&transport=abc, 0",
    "GET,  EIO=4&transport=polling&j=0, 3",
    "GET,  EIO=4&transport=polling&sid=zzz, 1",
    "WS,   EIO=4&transport=websocket&sid=zzz, 1",
  })
  void handshakeIsRefused(String method, String query, int code) {
    assertRefused(decide(method, query), code);
  }

  @Test
  void refusalIsJson() {
    var refused = (Refused) decide("GET", "EIO=4");
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.contentType()).isEqualTo("application/json");
    assertThat(refused.body()).hasToString("{\"code\":0,\"message\":\"Transport unknown\"}");
  }

  @Test
  void applicationsRefusalComesBeforeTheRevisionsAndIsForbidden() {
    EngineRequest request = request("GET", "EIO=9&transport=polling");
    var refused = (Refused) door.decide(request, null, "not from \"there\"", null, NOW);
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.body()).hasToString("{\"code\":4,\"message\":\"not from \\\"there\\\"\"}");
  }

  @Test
  void originWithAnIllegalCharacterIsRefused() {
    EngineRequest request = request("GET", "EIO=4&transport=polling");
    assertRefused(door.decide(request, "http://a\u0001", null, null, NOW), 3);
    assertRefused(door.decide(request, "http://\u20ac", null, null, NOW), 3);
    assertThat(door.decide(request, "http://\u00e9", null, null, NOW)).isInstanceOf(Admitted.class);
  }

  @Test
  void oneGenerationAloneRefusesClientsOfTheOther() {
    var onlyNew = new FrontDoor(EngineConfigs.serving(false, Generation.V4));
    for (String eio : new String[] {"", "EIO=1&", "EIO=2&", "EIO=3&", "EIO=5&"}) {
      assertRefused(decide(onlyNew, "GET", eio + "transport=polling"), 5);
    }
    var onlyOld = new FrontDoor(EngineConfigs.serving(false, Generation.V3));
    assertRefused(decide(onlyOld, "GET", "EIO=4&transport=polling"), 5);
  }

  @ParameterizedTest
  @CsvSource({"transport=polling", "EIO=1&transport=polling", "EIO=2&transport=polling"})
  void clientsOlderThanTheRevisionParameterAreServedAsRevisionThree(String query) {
    assertThat(decide("GET", query)).isEqualTo(new Admitted(Action.OPEN_POLLING));
    open(query);
    assertThat(session.generation()).isEqualTo(Generation.V3);
  }

  @Test
  void jsonpIsRefusedWhereItIsSwitchedOff() {
    var noJsonp = new FrontDoor(EngineConfigs.serving(false, Generation.values()));
    assertRefused(decide(noJsonp, "GET", "EIO=3&transport=polling&j=1"), 3);
  }

  @ParameterizedTest
  @CsvSource({
    "GET,  EIO=4&transport=polling, POLL",
    "POST, EIO=4&transport=polling, POST",
    "GET,  transport=polling, POLL",
    "WS,   EIO=4&transport=websocket, UPGRADE",
  })
  void requestOfASessionIsAdmitted(String method, String query, Action action) {
    open("EIO=4&transport=polling");
    assertThat(decide(method, query + "&sid=S")).isEqualTo(new Admitted(action));
  }

  @ParameterizedTest
  @CsvSource({
    "GET,  EIO=3&transport=polling, 3",
    "GET,  EIO=7&transport=polling, 3",
    "GET,  EIO=4&transport=websocket, 3",
    "GET,  EIO=4&transport=polling&j=1, 3",
    "WS,   EIO=3&transport=websocket, 3",
    "WS,   EIO=4&transport=polling, 3",
    "GET,  EIO=4, 0",
  })
  void requestOfASessionIsRefused(String method, String query, int code) {
    open("EIO=4&transport=polling");
    assertRefused(decide(method, query + "&sid=S"), code);
  }

  @Test
  void otherMethodsAreNotAllowed() {
    open("EIO=4&transport=polling");
    var refused = (Refused) decide("PUT", "EIO=4&transport=polling&sid=S");
    assertThat(refused.status()).isEqualTo(405);
    assertThat(refused.allow()).isEqualTo("GET, POST, OPTIONS");
  }

  @Test
  void pollingAfterTheUpgradeIsRefusedAndASecondWebSocketIsAccepted() {
    open("EIO=4&transport=polling");
    session.webSocketOpened("ws", request("WS", "EIO=4&transport=websocket&sid=S"), NOW);
    assertThat(decide("WS", "EIO=4&transport=websocket&sid=S"))
        .isEqualTo(new Admitted(Action.UPGRADE));
    assertThat(decide("GET", "EIO=4&transport=polling&sid=S")).isEqualTo(new Admitted(Action.POLL));
    session.webSocket().text("ws", "2probe", NOW);
    session.webSocket().text("ws", "5", NOW);
    assertRefused(decide("GET", "EIO=4&transport=polling&sid=S"), 3);
    assertRefused(decide("POST", "EIO=4&transport=polling&sid=S"), 3);
    assertRefused(decide("GET", "EIO=4&transport=websocket&sid=S"), 3);
    assertThat(decide("WS", "EIO=4&transport=websocket&sid=S"))
        .isEqualTo(new Admitted(Action.UPGRADE));
  }

  @Test
  void upgradeFromAForeignOriginIsForbidden() {
    open("EIO=4&transport=polling");
    EngineRequest request = request("WS", "EIO=4&transport=websocket&sid=S");
    assertRefused(door.decide(request, "http://evil", "Forbidden", session, NOW), 4);
  }

  @Test
  void sessionIsUnknownFromTheMillisecondItsHeartbeatEnds() {
    session = null;
    EngineRequest old = request("GET", "EIO=3&transport=polling");
    session = EngineSession.overPolling(EngineConfigs.QUICK, old, "S", "get", NOW);
    EngineRequest poll = request("GET", "EIO=3&transport=polling&sid=S");
    assertThat(door.decide(poll, null, null, session, NOW + 499)).isInstanceOf(Admitted.class);
    assertRefused(door.decide(poll, null, null, session, NOW + 500), 1);
  }

  private void open(String query) {
    session =
        EngineSession.overPolling(EngineConfigs.QUICK, request("GET", query), "S", "get", NOW);
  }

  private Decision decide(String method, String query) {
    return decide(door, method, query);
  }

  private Decision decide(FrontDoor door, String method, String query) {
    return door.decide(request(method, query), null, null, session, NOW);
  }

  private static void assertRefused(Decision decision, int code) {
    assertThat(decision).isInstanceOf(Refused.class);
    assertThat(((Refused) decision).body().toJsonObject().getInteger("code")).isEqualTo(code);
  }

  private static EngineRequest request(String method, String query) {
    boolean upgrade = method.equals("WS");
    Map<String, String> parameters = FormFields.decode(query);
    return EngineRequest.of(upgrade ? "GET" : method, upgrade, parameters);
  }
}
