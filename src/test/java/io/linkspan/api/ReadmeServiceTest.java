package io.linkspan.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.DocumentedCode;
import org.junit.jupiter.api.Test;

/** The example of a service is the same in all documents and in the tests. */
class ReadmeServiceTest {

  private static final String EXAMPLE = DocumentedCode.block("README.md", "java", "class Orders");

  /** Returns code without its layout, and without the name of the class. */
  private static String normalized(String code) {
    return code.replaceAll("\\bOrdersExample\\b", "Orders").replaceAll("\\s+", "");
  }

  @Test
  void theServiceGuideHasIt() {
    assertThat(normalized(DocumentedCode.block("docs/services.md", "java", "class Orders ")))
        .endsWith(normalized(EXAMPLE));
  }

  @Test
  void theTestsHaveIt() {
    assertThat(normalized(DocumentedCode.read("src/test/java/io/linkspan/api/OrdersExample.java")))
        .endsWith(normalized(EXAMPLE));
  }

  @Test
  void theJavadocHasIt() {
    String source = DocumentedCode.read("src/main/java/io/linkspan/api/Service.java");
    assertThat(normalized(source.replaceAll("(?m)^ \\*", ""))).contains(normalized(EXAMPLE));
  }
}
