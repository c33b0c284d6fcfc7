package io.linkspan.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AsciiTextsTest {

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 1_023, 1_024, 1_025, 1_026, 1_027, 3_000})
  void theFirstOtherCharacterIsFoundAnywhere(int length) {
    String ascii = "\u007f".repeat(length);
    assertThat(AsciiTexts.prefix(ascii)).isEqualTo(length);
    for (int i = 0; i < length; i++) {
      for (String other : new String[] {"\u0080", "\u0100", "\ud800"}) {
        String text = ascii.substring(0, i) + other + ascii.substring(i + 1);
        assertThat(AsciiTexts.prefix(text)).isEqualTo(i);
        assertThat(AsciiTexts.prefix(text)).isEqualTo(i);
      }
    }
  }

  /** An equal text is another object; only the same one is not looked at again. */
  @Test
  void aRememberedTextIsNotMistakenForAnother() {
    String ascii = "x".repeat(2_000);
    AsciiTexts.note(ascii);
    assertThat(AsciiTexts.prefix(ascii)).isEqualTo(2_000);
    assertThat(AsciiTexts.prefix("x".repeat(1_999) + "é")).isEqualTo(1_999);
    assertThat(AsciiTexts.prefix("x".repeat(1_500))).isEqualTo(1_500);
    assertThat(AsciiTexts.prefix(ascii)).isEqualTo(2_000);
  }
}
