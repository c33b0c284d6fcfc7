package io.linkspan;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows between the packages point one way, and the cores stay pure. */
@AnalyzeClasses(packages = "io.linkspan", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule CORES_TOUCH_NO_WORLD =
      noClasses()
          .that()
          .resideInAPackage("io.linkspan.protocol..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.vertx.core",
              "io.vertx.core.eventbus..",
              "io.vertx.core.http..",
              "io.vertx.core.net..",
              "io.netty.channel..",
              "java.net..",
              "java.nio.channels..",
              "java.util.concurrent..",
              "org.slf4j..");

  @ArchTest
  static final ArchRule CORES_HAVE_NO_CLOCK =
      noClasses()
          .that()
          .resideInAPackage("io.linkspan.protocol..")
          .should()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.time.Clock");

  @ArchTest
  static final ArchRule NO_CYCLES = slices().matching("io.linkspan.(**)").should().beFreeOfCycles();
}
