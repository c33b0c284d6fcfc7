package io.linkspan.protocol.engineio;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.Json;
import org.junit.jupiter.api.Test;

class JsonTextTest {

  @Test
  void everyCharacterIsWrittenAsTheEncoderOfObjectsWritesIt() {
    for (int c = 0; c <= Character.MAX_VALUE; c++) {
      if (!Character.isSurrogate((char) c)) {
        String text = "a" + (char) c + "b";
        assertThat(JsonText.quote(text)).isEqualTo(Json.encode(text));
      }
    }
  }

  @Test
  void textsWithoutCharactersAndBeyondThePlaneOf16BitsAreWritten() {
    assertThat(JsonText.quote("")).isEqualTo("\"\"");
    assertThat(JsonText.quote("\uD83D\uDE00")).isEqualTo(Json.encode("\uD83D\uDE00"));
  }
}
