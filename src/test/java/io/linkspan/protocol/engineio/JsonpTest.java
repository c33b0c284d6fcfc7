package io.linkspan.protocol.engineio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.protocol.ProtocolException;
import io.vertx.core.buffer.Buffer;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonpTest {

  @Test
  void payloadIsTheArgumentOfTheCallback() {
    assertThat(Jsonp.encode("0", Buffer.buffer("2:40"))).hasToString("___eio[0](\"2:40\");");
  }

  @Test
  void payloadIsAScriptLiteral() {
    assertThat(Jsonp.encode("7", Buffer.buffer("6:4\"\\\n\u2028\u2029")))
        .hasToString("___eio[7](\"6:4\\\"\\\\\\n\\u2028\\u2029\");");
  }

  @Test
  void onlyDigitsOfTheIndexReachTheScript() {
    assertThat(Jsonp.index("7abc")).isEqualTo("7");
    assertThat(Jsonp.index("0](alert(1))//")).isEqualTo("01");
    assertThat(Jsonp.index("1".repeat(1_000))).hasSize(9);
  }

  @Test
  void formIsUndone() {
    assertThat(Jsonp.decode(Buffer.buffer("d=4%3A42%5B%5D"))).isEqualTo("4:42[]");
    assertThat(Jsonp.decode(Buffer.buffer("x=1&d=2:4%E2%82%AC"))).isEqualTo("2:4€");
    assertThat(Jsonp.decode(Buffer.buffer("d=a\\nb"))).isEqualTo("a\nb");
    assertThat(Jsonp.decode(Buffer.buffer("d=a\\\\nb"))).isEqualTo("a\\nb");
    assertThat(Jsonp.decode(Buffer.buffer("d=a+b"))).isEqualTo("a b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "e=1", "d=%", "d=%2", "d=%zz", "d=%ff", "d=%c3%28"})
  void brokenFormIsRefused(String form) {
    assertThatThrownBy(() -> Jsonp.decode(Buffer.buffer(form)))
        .isInstanceOf(ProtocolException.class);
  }

  @Test
  void lastOfSeveralFieldsWins() {
    assertThat(FormFields.decode("a=1&b=%2F&&c&a=2&d=x=y"))
        .isEqualTo(Map.of("a", "2", "b", "/", "c", "", "d", "x=y"));
  }

  @Test
  void fieldsAreBounded() {
    assertThatThrownBy(() -> FormFields.decode("a&".repeat(257)))
        .isInstanceOf(ProtocolException.class);
  }
}
