package io.linkspan.protocol.engineio;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** A client that does anything at any time: the session never throws, and always ends in order. */
class EngineFuzzTest {
  private static final List<String> TEXTS =
      List.of(
          "",
          "4a",
          "4",
          "2",
          "3",
          "2probe",
          "5",
          "1",
          "6",
          "0",
          "b",
          "b4",
          "bAQ==",
          "b4AQ==",
          "x",
          "2:4a",
          "1:1",
          "1:2",
          "4a\u001e4b",
          "4a\u001e",
          "9:4",
          "0:");

  @RepeatedTest(300)
  void nothingAClientDoesBreaksASession(RepetitionInfo seed) {
    var random = new Random(seed.getCurrentRepetition());
    String query = "EIO=" + (3 + random.nextInt(2)) + (random.nextBoolean() ? "&b64=1" : "");
    EngineConfig config = EngineConfigs.limits(64, 2_000);
    EngineDriver client =
        random.nextBoolean()
            ? EngineDriver.polling(config, query)
            : EngineDriver.webSocket(config, query);
    for (int step = 0; step < 200; step++) {
      String exchange = "x" + step;
      String socket = random.nextBoolean() ? "ws" : "ws" + random.nextInt(3);
      String text = TEXTS.get(random.nextInt(TEXTS.size()));
      switch (random.nextInt(16)) {
        case 0, 1, 2 -> client.get(exchange);
        case 3 -> client.post(exchange, text);
        case 4 -> client.start(exchange, null, random.nextInt(100) - 1);
        case 5 -> client.session.postChunk("x" + (step - 1), Buffer.buffer(text));
        case 6 -> client.session.postEnded("x" + (step - 1), client.now);
        case 7 -> client.abort("x" + random.nextInt(step + 1));
        case 8 -> client.open(socket);
        case 9, 10 -> client.text(socket, random.nextBoolean() ? "4a" : text);
        case 11 -> client.binary(socket, random.nextBoolean() ? "04aa" : "");
        case 12 -> client.lost(socket);
        case 13 -> client.send("s" + step, text);
        case 14 -> client.pass(random.nextInt(120));
        default -> {
          if (random.nextInt(20) == 0) {
            client.close(EngineCloseReason.FORCED_CLOSE);
          } else {
            client.sendBinary("0102");
          }
        }
      }
      client.written();
    }
    client.pass(60_000);
    assertThat(client.session.finished()).isTrue();
    assertThat(client.ended()).isNotNull();
    assertThat(client.session.nextDeadline()).isEqualTo(EngineSession.NEVER);
  }
}
