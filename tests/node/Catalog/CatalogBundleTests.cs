using System.Text;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Node.Catalog;

namespace PmOrleans.Node.Tests.Catalog;

public sealed class CatalogBundleTests
{
    [Fact]
    public void the_canonical_bytes_read_again_give_the_same_bytes_files_and_hash()
    {
        var bag = new DiagnosticBag();
        var bundle = CatalogText.SampleBundle();

        var again = CatalogBundle.Read(bundle.Bytes, bag)!;

        Assert.Equal(0, bag.ErrorCount);
        Assert.True(bundle.Files.SequenceEqual(again.Files));
        Assert.Equal(bundle.Hash, again.Hash);
        Assert.True(bundle.Bytes.Span.SequenceEqual(again.Bytes.Span));
    }

    [Fact]
    public void the_order_of_files_line_ends_and_a_byte_order_mark_do_not_change_the_hash()
    {
        var bag = new DiagnosticBag();

        var one = CatalogBundle.Of([new("a.yaml", "x: 1\ny: 2\n"), new("b.yaml", "")], bag)!;
        var other = CatalogBundle.Of([new("b.yaml", ""), new("a.yaml", "\uFEFFx: 1\r\ny: 2\r\n")], bag)!;

        Assert.Equal(one.Hash, other.Hash);
    }

    [Fact]
    public void sections_sent_as_one_object_are_one_file_with_places_of_their_own()
    {
        var bag = new DiagnosticBag();

        var bundle = CatalogBundle.Read(Encoding.UTF8.GetBytes("{\n  \"catalog\": { \"curency\": \"CNY\" }\n}"), bag)!;
        var error = CatalogCompiler.Compile(bundle, Decisioning.Catalog.IdRegistry.Empty, 1, CatalogText.Now).Errors.Single();

        Assert.Equal(("catalog.json", 2, 16), (error.File, error.Line, error.Column));
    }

    [Theory]
    [InlineData("{ \"files\": { \"../x.yaml\": \"\" } }", "bad-file")]
    [InlineData("{ \"files\": { \"/x.yaml\": \"\" } }", "bad-file")]
    [InlineData("{ \"files\": { \"x.txt\": \"\" } }", "bad-file")]
    [InlineData("{ \"files\": { \"x.yaml\": \"\", \"x.yaml\": \"\" } }", "bad-file")]
    [InlineData("{ \"files\": { \"x.yaml\": {} } }", "wrong-type")]
    [InlineData("{ \"files\": [] }", "wrong-type")]
    [InlineData("{ \"files\": {}, \"caps\": [] }", "unknown-key")]
    [InlineData("{ \"files\": { \"x.yaml\": \"\" }, \"files\": {} }", "duplicate-key")]
    [InlineData("[]", "wrong-type")]
    [InlineData("{ \"files\": ", "syntax")]
    [InlineData("{ \"files\": { \"x.yaml\": \"\\ud800\" } }", "syntax")]
    public void a_bundle_that_is_none_is_refused(string json, string code)
    {
        var bag = new DiagnosticBag();

        var bundle = CatalogBundle.Read(Encoding.UTF8.GetBytes(json), bag);

        Assert.Null(bundle);
        Assert.Equal(code, Assert.Single(bag.ToList()).Code);
    }

    [Fact]
    public void a_mistake_behind_characters_of_several_bytes_is_at_the_column_that_an_editor_shows()
    {
        var bag = new DiagnosticBag();

        CatalogBundle.Read(Encoding.UTF8.GetBytes("{ \"files\":\n{ \"春😀.yaml\": x } }"), bag);

        var problem = Assert.Single(bag.ToList());
        Assert.Equal((2, 15), (problem.Line, problem.Column));
    }

    [Fact]
    public void a_folder_is_read_at_any_depth_and_other_files_are_left_alone()
    {
        var folder = Directory.CreateTempSubdirectory("catalog-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "a", "b"));
            Directory.CreateDirectory(Path.Combine(folder, ".git"));
            File.WriteAllText(Path.Combine(folder, "a", "b", "deep.yml"), "catalog: { currency: CNY }");
            File.WriteAllText(Path.Combine(folder, "one.json"), "{\"placements\":{\"p\":{\"channel\":\"web\"}}}");
            File.WriteAllText(Path.Combine(folder, "README.md"), "not a catalog");
            File.WriteAllText(Path.Combine(folder, ".git", "x.yaml"), "{{{");
            File.CreateSymbolicLink(Path.Combine(folder, "linked.yaml"), Path.Combine(folder, "a", "b", "deep.yml"));
            Directory.CreateSymbolicLink(Path.Combine(folder, "a", "loop"), folder);

            var bundle = CatalogFolder.Read(folder, new DiagnosticBag())!;

            Assert.Equal("a/b/deep.yml linked.yaml one.json", string.Join(' ', bundle.Files.Select(file => file.Path)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void a_folder_without_files_that_is_not_there_or_is_not_text_is_refused()
    {
        var folder = Directory.CreateTempSubdirectory("catalog-").FullName;
        try
        {
            Assert.Null(CatalogFolder.Read(folder, new DiagnosticBag()));
            Assert.Null(CatalogFolder.Read(Path.Combine(folder, "none"), new DiagnosticBag()));
            File.WriteAllBytes(Path.Combine(folder, "a.yaml"), [0xFF, 0xFE, 0x00, 0x80]);
            var bag = new DiagnosticBag();
            Assert.Null(CatalogFolder.Read(folder, bag));
            Assert.Contains("save it as UTF-8", Assert.Single(bag.ToList()).Hint, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void text_in_utf_16_is_called_so_with_its_mark_or_without(bool bigEndian)
    {
        var folder = Directory.CreateTempSubdirectory("catalog-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(folder, "plain.yaml"), new UnicodeEncoding(bigEndian, byteOrderMark: false).GetBytes("catalog: { currency: CNY }\n"));
            File.WriteAllText(Path.Combine(folder, "marked.yaml"), "catalog: { currency: CNY }\n", new UnicodeEncoding(bigEndian, byteOrderMark: true));
            var bag = new DiagnosticBag();

            Assert.Null(CatalogFolder.Read(folder, bag));

            Assert.Equal(2, bag.ToList().Count);
            Assert.All(bag.ToList(), problem => Assert.Equal("it seems to be UTF-16; save it as UTF-8", problem.Hint));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void a_pipe_is_not_waited_for_and_a_device_without_an_end_is_too_large()
    {
        var folder = Directory.CreateTempSubdirectory("catalog-").FullName;
        try
        {
            using (var made = System.Diagnostics.Process.Start("mkfifo", [Path.Combine(folder, "pipe.yaml")]))
            {
                made.WaitForExit();
            }

            var pipe = new DiagnosticBag();
            Assert.Null(CatalogFolder.Read(folder, pipe));
            Assert.Contains("not a regular file", Assert.Single(pipe.ToList()).Message, StringComparison.Ordinal);

            File.Delete(Path.Combine(folder, "pipe.yaml"));
            File.CreateSymbolicLink(Path.Combine(folder, "zero.yaml"), "/dev/zero");
            var device = new DiagnosticBag();
            Assert.Null(CatalogFolder.Read(folder, device));
            Assert.Equal(CatalogCodes.TooLarge, Assert.Single(device.ToList()).Code);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void the_same_id_in_two_files_is_an_error_that_names_both_places()
    {
        var error = CatalogText.Compile([new("a.yaml", "segments:\n  vip: 'true'"), new("b/b.json", "{ \"segments\": { \"vip\": \"true\" } }")]).Errors.Single();

        Assert.Equal((CatalogCodes.DuplicateId, "b/b.json", 1, 17, "segments/vip"), (error.Code, error.File, error.Line, error.Column, error.Path));
        Assert.Contains("a.yaml:2:3", error.Hint);
    }
}
