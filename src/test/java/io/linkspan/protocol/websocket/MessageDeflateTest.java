package io.linkspan.protocol.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessageDeflateTest {

  private static final int MAX = 100_000;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "permessage-deflate | permessage-deflate",
        "x, permessage-deflate; server_no_context_takeover"
            + " | permessage-deflate;server_no_context_takeover",
        "permessage-deflate; client_no_context_takeover; client_max_window_bits=\"9\""
            + " | permessage-deflate;client_no_context_takeover;client_max_window_bits=9",
        "permessage-deflate; client_max_window_bits=15 | permessage-deflate",
        "permessage-deflate; server_max_window_bits=9, permessage-deflate | permessage-deflate",
      })
  void theFirstOfferThatCanBeMetIsAccepted(String offers, String answer) {
    assertThat(DeflateOffer.firstOf(offers).answer()).isEqualTo(answer);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ";", "permessage-deflate;", "permessage-deflate; x", "other", "a=b, ,\""})
  void otherOffersAreDeclined(String offers) {
    assertThat(DeflateOffer.firstOf(offers)).isNull();
  }

  @ParameterizedTest
  @CsvSource({"false,false", "true,false", "false,true", "true,true"})
  void messagesAreInflatedAsTheyWereInOneFrameAndInFragments(boolean server, boolean client) {
    // Both sides of one connection: what one compresses with its context the other inflates.
    var sender = new MessageDeflate(new DeflateOffer(client, server, null), MAX);
    var receiver = new MessageDeflate(new DeflateOffer(server, client, null), MAX);
    Random random = new Random(1);
    for (int size : new int[] {0, 1, 100, 1024, 0, 5_000, 99_999}) {
      byte[] message = new byte[size];
      for (int i = 0; i < size; i++) {
        message[i] = (byte) ('a' + random.nextInt(3));
      }
      byte[] compressed = sender.deflate(message);
      int cut = random.nextInt(compressed.length + 1);
      byte[] begin = receiver.inflate(Arrays.copyOf(compressed, cut), true, false);
      byte[] rest =
          receiver.inflate(Arrays.copyOfRange(compressed, cut, compressed.length), false, true);
      byte[] whole = Arrays.copyOf(begin, begin.length + rest.length);
      System.arraycopy(rest, 0, whole, begin.length, rest.length);
      assertThat(Arrays.equals(whole, message)).as("%s bytes", size).isTrue();
    }
    sender.end();
    receiver.end();
  }

  @Test
  void aMessageInflatesToNoMoreThanTheLimit() {
    var sender = new MessageDeflate(new DeflateOffer(false, false, null), MAX);
    var receiver = new MessageDeflate(new DeflateOffer(false, false, null), MAX);
    assertThat(receiver.inflate(sender.deflate(new byte[MAX]), true, true)).hasSize(MAX);
    assertFails(receiver, sender.deflate(new byte[MAX + 1]), WebSocketViolation.TOO_LARGE);
    sender.end();
    receiver.end();
  }

  @Test
  void damagedDataIsRefused() {
    var receiver = new MessageDeflate(new DeflateOffer(false, false, null), MAX);
    byte[] text = "not compressed".getBytes(StandardCharsets.US_ASCII);
    assertFails(receiver, text, WebSocketViolation.INVALID_PAYLOAD);
    receiver.end();
  }

  private static void assertFails(
      MessageDeflate receiver, byte[] compressed, WebSocketViolation violation) {
    assertThatThrownBy(() -> receiver.inflate(compressed, true, true))
        .isInstanceOfSatisfying(
            WebSocketViolationException.class, e -> assertThat(e.violation()).isEqualTo(violation));
  }
}
