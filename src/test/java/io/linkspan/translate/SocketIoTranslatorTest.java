package io.linkspan.translate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.engineio.Generation;
import io.linkspan.protocol.socketio.Arguments;
import io.linkspan.protocol.socketio.SocketPacket;
import io.linkspan.translate.SocketIoTranslator.Emission;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SocketIoTranslatorTest {

  private static final Buffer BINARY = Buffer.buffer(new byte[] {1, 2, 3});

  private static SocketPacket.Event event(
      String namespace, String name, String arguments, Buffer... attachments) {
    return new SocketPacket.Event(
        namespace, SocketPacket.NO_ACK, name, Arguments.parse(arguments, List.of(attachments)));
  }

  private static Message decode(String name, String arguments, Buffer... attachments) {
    return SocketIoTranslator.decode(event("/", name, arguments, attachments));
  }

  /** The event that a client would send to have this emitted to it. */
  private static SocketPacket.Event event(Emission emission) {
    return new SocketPacket.Event(
        emission.namespace(), SocketPacket.NO_ACK, emission.name(), emission.arguments());
  }

  @Test
  void aMessageHasTheKeysOfTheSchema() {
    Message message =
        decode(
            "message",
            """
            [{"eventId":"1","from":"a","to":"b","createAt":"c","type":"t","body":"é😀",
              "attachments":[{"_placeholder":true,"num":0},"AQI="],"contentType":"x/y",
              "headers":{"k":"v"},"replyTo":"0"}]\
            """,
            BINARY);
    assertThat(message)
        .isEqualTo(
            Message.newBuilder()
                .setEventId("1")
                .setFrom("a")
                .setTo("b")
                .setCreateAt("c")
                .setType("t")
                .setBody("é😀")
                .addAttachments(ByteString.copyFrom(new byte[] {1, 2, 3}))
                .addAttachments(ByteString.copyFrom(new byte[] {1, 2}))
                .setContentType("x/y")
                .putHeaders("k", "v")
                .setReplyTo("0")
                .build());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "[ ]",
        "[1]",
        "[ \"{\"]",
        "[[{}]]",
        "[null,{}]",
        "[{}]",
        "[ {}]",
        "[\n\t{\"a\":1},2]"
      })
  void whatBeginsWithAnObjectIsKnownWithoutParsing(String json) {
    Arguments arguments = Arguments.parse(json, List.of());
    List<?> values = arguments.values().getList();
    assertThat(arguments.beginWithObject())
        .isEqualTo(!values.isEmpty() && values.get(0) instanceof Map);
  }

  @Test
  void nullCountsAsAbsent() {
    assertThat(decode("message", "[{\"body\":\"x\",\"to\":null,\"headers\":null}]"))
        .isEqualTo(Message.newBuilder().setBody("x").build());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"body\":\"x\",\"colour\":1}           | a message has no key colour",
        "{\"body\":5,\"type\":\"t\"}             | body must be a string",
        "{\"body\":\"x\",\"to\":[\"a\"]}         | to must be a string",
        "{\"body\":\"x\",\"attachments\":\"AA==\"} | attachments must be an array",
        "{\"body\":\"x\",\"attachments\":[5]}    | an attachment must be binary, or base64",
        "{\"body\":\"x\",\"attachments\":[\"?\"]} | an attachment that is a string must be base64",
        "{\"body\":\"x\",\"headers\":[]}         | headers must be an object",
        "{\"body\":\"x\",\"headers\":{\"k\":1}}  | headers.k must be a string",
        "{\"body\":\"\\ud800\"}                  | body has half a surrogate pair",
      })
  void malformedMessagesAreRejectedWithAReason(String object, String problem) {
    assertThatThrownBy(() -> decode("message", "[" + object + "]"))
        .isInstanceOf(ProtocolException.class)
        .hasMessage(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"[]", "[1]", "[{}]", "[{\"text\":\"x\"}]", "[{\"body\":\"x\"},1]", "[[\"x\"]]"})
  void aMessageEventWithoutAMessageIsARawEvent(String arguments) {
    Message message = decode("message", arguments);
    assertThat(message.getContentType()).isEqualTo(SocketIoTranslator.RAW);
    assertThat(message.getType()).isEqualTo("message");
    assertThat(message.getBody()).isEqualTo(arguments);
  }

  @Test
  void aRawEventKeepsItsTextToTheLetter() {
    String arguments = "[1.50,  1e400, \"\\u00e9\", {\"num\":0,\"_placeholder\":true}]";
    Message message = SocketIoTranslator.decode(event("/admin", "name", arguments, BINARY));
    assertThat(message)
        .isEqualTo(
            Message.newBuilder()
                .setType("name")
                .setContentType("application/socket.io+json")
                .setBody(arguments)
                .addAttachments(ByteString.copyFrom(new byte[] {1, 2, 3}))
                .putHeaders("namespace", "/admin")
                .build());
    Emission emission = SocketIoTranslator.encode(message, Generation.V4);
    assertThat(event(emission)).isEqualTo(event("/admin", "name", arguments, BINARY));
  }

  @Test
  void groupsHaveANameOrNames() {
    assertThat(decode("join_group", "[\"news\"]"))
        .isEqualTo(Message.newBuilder().setType("join_group").setBody("news").build());
    assertThat(decode("leave_group", "[[\"a\",\"b\"]]").getBody()).isEqualTo("[\"a\",\"b\"]");
    assertThat(decode("watch_presence", "[\"news\"]"))
        .isEqualTo(Message.newBuilder().setType("watch_presence").setBody("news").build());
    assertThat(decode("unwatch_presence", "[[\"a\"]]").getBody()).isEqualTo("[\"a\"]");
    assertThat(decode("join_group", "[\"[x]\"]").getBody()).isEqualTo("[\"[x]\"]");
    for (String bad : List.of("[]", "[1]", "[[1]]", "[\"a\",\"b\"]", "[{\"body\":\"a\"}]")) {
      assertThatThrownBy(() -> decode("join_group", bad))
          .hasMessage("join_group takes one argument: a group's name, or an array of names");
    }
  }

  @Test
  void anEventNeedsANameThatTextCanHold() {
    assertThatThrownBy(() -> decode("", "[]")).hasMessage("an event needs a name");
    assertThatThrownBy(() -> decode("\ud800", "[]")).hasMessageContaining("half a surrogate");
  }

  @RepeatedTest(50)
  void everyMessageSurvivesTheRoundTrip(RepetitionInfo seed) {
    var random = new Random(seed.getCurrentRepetition());
    Message.Builder message =
        Message.newBuilder().setType(random.nextBoolean() ? "t" : "").setBody("b😀\"\\\u0001");
    if (random.nextBoolean()) {
      message.setBody("");
    }
    if (random.nextBoolean()) {
      message.setEventId("e").setFrom("f").setTo("group:x").setCreateAt("c").setReplyTo("r");
    }
    if (random.nextBoolean()) {
      message.setContentType("text/plain").putHeaders("a", "b").putHeaders("namespace", "/x");
    }
    for (int i = random.nextInt(14); i > 0; i--) {
      byte[] attachment = new byte[random.nextInt(40)];
      random.nextBytes(attachment);
      message.addAttachments(ByteString.copyFrom(attachment));
    }
    for (Generation generation : Generation.values()) {
      Emission emission = SocketIoTranslator.encode(message.build(), generation);
      assertThat(emission.name()).isEqualTo("message");
      assertThat(SocketIoTranslator.decode(event(emission))).isEqualTo(message.build());
    }
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void rawEventsThatCannotBeSentArriveAsMessages(Generation generation) {
    Message raw =
        Message.newBuilder().setContentType(SocketIoTranslator.RAW).setBody("[1]").build();
    for (String name : List.of("", "connect", "disconnect", "newListener")) {
      assertMessage(raw.toBuilder().setType(name).build(), generation);
    }
    Message named = raw.toBuilder().setType("x").build();
    for (String body : List.of("", "{}", "[", "[1]]", "text")) {
      assertMessage(named.toBuilder().setBody(body).build(), generation);
    }
    Message error = named.toBuilder().setType("error").build();
    assertThat(SocketIoTranslator.encode(error, generation).name())
        .isEqualTo(generation == Generation.V3 ? "message" : "error");
    Message eleven =
        named.toBuilder().addAllAttachments(Collections.nCopies(11, ByteString.EMPTY)).build();
    assertMessage(eleven, generation);
  }

  private static void assertMessage(Message message, Generation generation) {
    Emission emission = SocketIoTranslator.encode(message, generation);
    assertThat(emission.name()).isEqualTo("message");
    assertThat(SocketIoTranslator.decode(event(emission))).isEqualTo(message);
  }

  @Test
  void aTruncatedEventIsRefusedOrReadButNeverAnythingElse() {
    String whole =
        "[{\"eventId\":\"1\",\"body\":\"x\",\"headers\":{\"k\":\"v\"},\"attachments\":[\"AQI=\"]}]";
    for (int end = 0; end < whole.length(); end++) {
      String cut = whole.substring(0, end);
      assertThatThrownBy(() -> decode("message", cut)).isInstanceOf(ProtocolException.class);
    }
    assertThat(decode("message", whole).getAttachmentsCount()).isEqualTo(1);
  }

  @Test
  void anAcknowledgementHasNoDataAMessageOrArguments() {
    assertThat(SocketIoTranslator.decodeReply(Arguments.NONE, "bob", "1")).isNull();
    Message message =
        SocketIoTranslator.decodeReply(
            Arguments.parse("[{\"body\":\"yes\",\"from\":\"mallory\"}]", List.of()), "bob", "1");
    assertThat(message)
        .isEqualTo(Message.newBuilder().setBody("yes").setFrom("bob").setReplyTo("1").build());
    for (String odd : List.of("[1]", "[{\"body\":\"x\",\"colour\":1}]", "[null]")) {
      Message raw = SocketIoTranslator.decodeReply(Arguments.parse(odd, List.of()), "bob", "1");
      assertThat(raw.getContentType()).isEqualTo(SocketIoTranslator.RAW);
      assertThat(raw.getBody()).isEqualTo(odd);
    }
  }

  @Test
  void acknowledgementsReportTheOutcomeOfAnEvent() {
    assertThat(SocketIoTranslator.accepted("a\"b").json()).isEqualTo("[{\"eventId\":\"a\\\"b\"}]");
    assertThat(
            SocketIoTranslator.refused(new MessageException(ErrorCode.RATE_LIMITED, "slower", 250))
                .json())
        .isEqualTo(
            "[{\"error\":{\"code\":\"rate-limited\",\"message\":\"slower\",\"retryAfterMs\":250}}]");
  }

  @Test
  void aServiceReceivesTheCredentialsOfAClient() {
    Message message = SocketIoTranslator.connect("/x", "{\"token\":1}");
    assertThat(message.getType()).isEqualTo("connect");
    assertThat(new JsonArray(message.getBody()).getJsonObject(0).getInteger("token")).isEqualTo(1);
    assertThat(message.getHeadersOrThrow("namespace")).isEqualTo("/x");
  }
}
