package io.linkspan.upstream.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.protocol.methodchannel.Envelope;
import io.linkspan.protocol.methodchannel.MethodCall;
import io.linkspan.protocol.methodchannel.StandardMethodCodec;
import io.linkspan.upstream.BackendException;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MethodPostTest {

  private static final String STANDARD = "application/x-flutter-standard-method";

  private static Message call(Object arguments) {
    byte[] bytes = StandardMethodCodec.INSTANCE.encodeCall(new MethodCall("price", arguments));
    return Message.newBuilder()
        .setEventId("1")
        .setType("method")
        .setTo("orders")
        .setContentType(STANDARD)
        .addAttachments(ByteString.copyFrom(bytes))
        .build();
  }

  private static Message answer(int status, String contentType, String body) {
    MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    if (contentType != null) {
      headers.set("Content-Type", contentType);
    }
    return MethodPost.answer(call(null), status, headers, Buffer.buffer(body), 0);
  }

  private static Envelope envelope(int status, String contentType, String body) {
    Message answer = answer(status, contentType, body);
    assertThat(answer.getType()).isEqualTo("method");
    assertThat(answer.getContentType()).isEqualTo(STANDARD);
    return StandardMethodCodec.INSTANCE.decodeEnvelope(
        answer.getAttachments(0).asReadOnlyByteBuffer());
  }

  @Test
  void callBecomesPlainJson() {
    Message posted = MethodPost.withJson(call(Map.of("item", "tea", "data", new byte[] {1})));
    assertThat(new JsonObject(posted.getBody()))
        .isEqualTo(
            new JsonObject()
                .put("channel", "orders")
                .put("method", "price")
                .put("arguments", new JsonObject().put("item", "tea").put("data", "AQ==")));
    assertThat(posted.getEventId()).isEqualTo("1");
    assertThat(new JsonObject(MethodPost.withJson(call(null)).getBody()).getMap())
        .containsEntry("arguments", null);
  }

  @Test
  void messageThatIsNotACallOrHasNoJsonFormIsMalformed() {
    Map<Object, Object> same = new LinkedHashMap<>();
    same.put(1, null);
    same.put("1", null);
    Object deep = 1;
    for (int i = 0; i < 64; i++) {
      deep = List.of(deep);
    }
    for (Message bad :
        List.of(
            call(same),
            call(deep),
            call(null).toBuilder().clearAttachments().build(),
            call(null).toBuilder().setAttachments(0, ByteString.EMPTY).build())) {
      assertThat(
              catchThrowableOfType(MessageException.class, () -> MethodPost.withJson(bad)).code())
          .isEqualTo(ErrorCode.MALFORMED);
    }
  }

  @Test
  void successfulAnswerIsTheResult() {
    assertThat(envelope(200, "application/json", "{\"body\":\"x\",\"n\":[1,2.5,null]}"))
        .isEqualTo(new Envelope.Success(Map.of("body", "x", "n", Arrays.asList(1, 2.5, null))));
    assertThat(envelope(201, "application/vnd.shop+json; charset=utf-8", "{}"))
        .isEqualTo(new Envelope.Success(Map.of()));
    assertThat(envelope(204, null, "")).isEqualTo(new Envelope.Success(null));
    assertThat(envelope(200, "text/plain", "tea")).isEqualTo(new Envelope.Success("tea"));
    assertThat(envelope(200, null, "tea")).isEqualTo(new Envelope.Success("tea"));
    var bytes = (Envelope.Success) envelope(200, "image/png", "tea");
    assertThat((byte[]) bytes.result()).containsExactly('t', 'e', 'a');
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "400 | application/json | {\"code\":\"sold-out\",\"message\":\"no tea\",\"details\":[1]} "
            + "| sold-out | no tea | [1]",
        "404 | application/json | {\"message\":\"no tea\"} | 404 | no tea | -",
        "409 | application/json | {\"code\":7} | 409 | the service answered 409 | -",
        "422 | application/json | no JSON | 422 | the service answered 422 | -",
        "403 | text/plain | not you | 403 | not you | -",
        "401 | text/html | <p>login</p> | 401 | the service answered 401 | -",
      })
  void refusalIsAFailureWithTheTextOfTheService(
      int status, String type, String body, String code, String message, String details) {
    Object expected = details == null ? null : new JsonArray(details).getList();
    assertThat(envelope(status, type, body))
        .isEqualTo(new Envelope.Failure(code, message, expected, null));
  }

  @Test
  void status501IsNotImplemented() {
    Message answer = answer(501, "text/plain", "what?");
    assertThat(answer.getType()).isEqualTo("method");
    assertThat(answer.getAttachmentsCount()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"429, RATE_LIMITED", "500, UNAVAILABLE", "503, UNAVAILABLE", "302, INTERNAL"})
  void otherStatusesAreErrorsAsForAnyMessage(int status, ErrorCode code) {
    assertThat(failure(status, "text/plain", "").refusal().code()).isEqualTo(code);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "{} {}", "nope"})
  void malformedJsonInAnAnswerIsAnInternalError(String body) {
    assertThat(failure(200, "application/json", body).refusal().code())
        .isEqualTo(ErrorCode.INTERNAL);
  }

  private static BackendException failure(int status, String contentType, String body) {
    return catchThrowableOfType(BackendException.class, () -> answer(status, contentType, body));
  }
}
