using System.Text;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Node.Catalog;

namespace PmOrleans.Node.Tests.Catalog;

public sealed class HostileCatalogTests
{
    [Theory]
    [InlineData("[", "]")]
    [InlineData("{a: ", "}")]
    [InlineData("- ", "")]
    public void a_thousand_levels_are_refused_as_too_deep(string open, string close)
    {
        var text = string.Concat(Enumerable.Repeat(open, 1_000)) + "x" + string.Concat(Enumerable.Repeat(close, 1_000));

        var compilation = CatalogText.Compile(text);

        Assert.Equal(CatalogCodes.TooDeep, Assert.Single(compilation.Errors).Code);
    }

    [Fact]
    public void aliases_that_stand_for_millions_are_refused()
    {
        var text = new StringBuilder("campaigns:\n  a0: &a0 { name: x }\n");
        for (var i = 1; i <= 12; i++)
            text.Append($"  a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");

        var compilation = CatalogText.Compile(text.ToString());

        Assert.Contains(compilation.Errors, error => error.Code == CatalogCodes.TooLarge && error.Line > 3);
    }

    [Fact]
    public void aliases_that_stand_for_many_over_many_files_are_refused()
    {
        var items = string.Join(", ", Enumerable.Repeat("x", 1_000));
        var text = $"campaigns:\n  c: {{ offers: {{ o: {{ content: {{ a: &a [{items}], b: [{string.Join(", ", Enumerable.Repeat("*a", 20))}] }} }} }} }}\n";

        var compilation = CatalogText.Compile(Enumerable.Range(0, 10).Select(i => new CatalogFile($"{i}.yaml", text)));

        Assert.Contains(compilation.Errors, error => error.Code == CatalogCodes.TooLarge);
    }

    [Theory]
    [InlineData("campaigns: { c: { offers: { o: { content: { a: \"\\ud83d\" } } } } }")]
    [InlineData("placements: { \"\\udc00\": { channel: web } }")]
    public void half_a_character_is_refused(string yaml) => Assert.NotEmpty(CatalogText.Compile(yaml).Errors);

    [Fact]
    public void an_alias_repeats_what_was_written()
    {
        var catalog = CatalogText.Snapshot(
            "campaigns:\n  a: { caps: &caps [ { event: click, limit: 1, within: 1d } ], offers: { o: { content: {} } } }\n  b: { caps: *caps, offers: { p: { content: {} } } }");

        Assert.Equal([1, 1], catalog.Campaigns.Select(campaign => campaign.Caps.Length));
    }

    [Fact]
    public void a_thousand_errors_are_counted_and_two_hundred_listed()
    {
        var text = "metrics:\n" + string.Concat(Enumerable.Range(0, 1_000).Select(i => $"  m{i}: nonsense\n"));

        var compilation = CatalogText.Compile(text);

        Assert.Equal(DiagnosticBag.Kept + 1, compilation.Errors.Count());
        Assert.Equal("and 800 more", compilation.Errors.Last().Message);
    }

    [Fact]
    public void whatever_happens_to_the_bytes_of_the_sample_there_are_diagnostics_and_no_exception()
    {
        var files = CatalogText.SampleBundle().Files;
        var random = new Random(20261121);
        var refused = 0;
        for (var round = 0; round < 1_500; round++)
        {
            var victim = files[random.Next(files.Length)];
            var mutated = victim with { Text = Mutate(Encoding.UTF8.GetBytes(victim.Text), random) };

            var compilation = CatalogText.Compile(files.Replace(victim, mutated));

            if (!compilation.Succeeded)
            {
                refused++;
                Assert.All(compilation.Errors, error => Assert.False(string.IsNullOrWhiteSpace(error.Message)));
                Assert.NotEmpty(compilation.Errors);
            }
        }

        // a mutation that never breaks anything would test nothing
        Assert.InRange(refused, 500, 1_500);
    }

    [Fact]
    public void whatever_is_sent_as_a_bundle_there_are_diagnostics_and_no_exception()
    {
        var files = CatalogText.SampleBundle().Files.Where(file => !file.Path.StartsWith("campaigns/", StringComparison.Ordinal));
        var bytes = CatalogBundle.Of(files, new DiagnosticBag())!.Bytes.ToArray();
        var random = new Random(7);
        var read = 0;
        for (var round = 0; round < 1_000; round++)
        {
            var bag = new DiagnosticBag();

            var bundle = CatalogBundle.Read(MutateBytes([.. bytes], random), bag);

            Assert.Equal(bundle is null, bag.ErrorCount > 0);
            if (bundle is null)
                continue;
            read++;
            Assert.NotNull(CatalogCompiler.Compile(bundle, IdRegistry.Empty, 1, CatalogText.Now).Diagnostics);
        }

        Assert.InRange(read, 100, 900);
    }

    [Fact]
    public void ten_thousand_offers_with_rules_of_their_own_compile()
    {
        var text = new StringBuilder("attributes: { city: string }\nmetrics: { views7d: count(view) over 7d }\nplacements: { p: { channel: web } }\ncampaigns:\n  c:\n    offers:\n");
        for (var i = 0; i < 10_000; i++)
        {
            text.Append($"      offer-{i}:\n        placements: [p]\n        value: 12.5\n        eligibility: metrics.views7d > {i % 7} && customer.city == 'city-{i}'\n")
                .Append($"        caps: [ {{ event: impression, limit: 3, within: 1d }} ]\n        creatives:\n          o-{i}-zh: {{ locale: zh-CN, content: {{ title: 春{i} }} }}\n          o-{i}-en: {{ locale: en, content: {{ title: s }} }}\n");
        }

        var catalog = CatalogText.Snapshot(text.ToString());

        Assert.Equal((10_000, 10_000, 10_000), (catalog.Offers.Length, catalog.Rules.Length, catalog.CapScopes.Length));
    }

    private static string Mutate(byte[] bytes, Random random) => Encoding.UTF8.GetString(MutateBytes(bytes, random));

    private static byte[] MutateBytes(byte[] bytes, Random random)
    {
        var interesting = "{}[]:,-'\"|>&*!%@#\n\t\0\\ 0~?"u8;
        for (var edits = random.Next(1, 6); edits > 0 && bytes.Length > 2; edits--)
        {
            var at = random.Next(bytes.Length);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = interesting[random.Next(interesting.Length)];
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes = [.. bytes.AsSpan(0, at), interesting[random.Next(interesting.Length)], .. bytes.AsSpan(at)];
                    break;
                case 3:
                    var length = random.Next(1, Math.Min(40, bytes.Length - at + 1));
                    bytes = [.. bytes.AsSpan(0, at), .. bytes.AsSpan(at + Math.Min(length, bytes.Length - at))];
                    break;
                default:
                    var from = random.Next(bytes.Length);
                    bytes = [.. bytes.AsSpan(0, at), .. bytes.AsSpan(from, Math.Min(random.Next(1, 60), bytes.Length - from)), .. bytes.AsSpan(at)];
                    break;
            }
        }

        return bytes;
    }
}
