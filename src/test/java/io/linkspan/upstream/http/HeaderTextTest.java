package io.linkspan.upstream.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeaderTextTest {

  @Test
  void visibleAsciiIsUnchanged() {
    assertThat(HeaderText.of("alice@example.org:1/~!")).isEqualTo("alice@example.org:1/~!");
    assertThat(HeaderText.of("")).isEmpty();
  }

  @Test
  void otherTextIsPercentEncodedUnambiguously() {
    assertThat(HeaderText.of("a\r\nX-Linkspan-User: root"))
        .isEqualTo("a%0D%0AX-Linkspan-User:%20root");
    assertThat(HeaderText.of("a%0D")).isEqualTo("a%250D");
    assertThat(HeaderText.of("\u0000\u007f")).isEqualTo("%00%7F");
    assertThat(HeaderText.of("zwölf€😀")).isEqualTo("zw%C3%B6lf%E2%82%AC%F0%9F%98%80");
  }
}
