using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Node.Owners;

namespace PmOrleans.Node.Tests.Owners;

/// <summary>One model out of what several nodes have learned.</summary>
public sealed class ModelBookTests
{
    private static readonly BetaOptions Hour = new() { RewardWindow = TimeSpan.FromHours(1) };
    private static readonly BetaOptions Day = new() { RewardWindow = TimeSpan.FromDays(1) };

    [Fact]
    public void what_nodes_have_learned_adds_up_and_only_what_changed_is_told()
    {
        var book = new ModelBook();
        Assert.True(book.TryFold(Report(1, [Model(1, Hour, 3), Model(2, Hour, 5)])));
        var version = book.Version;
        Assert.True(book.TryFold(Report(1, [Model(1, Hour, 4)])));

        var (watermark, changed) = ModelBook.ReadChanges(book.ChangesSince(version, 1, 12), _ => null);
        var (_, all) = ModelBook.ReadChanges(book.ChangesSince(-1, 1, 12), _ => null);

        Assert.Equal((12L, 1, 7L), (watermark, Assert.Single(changed).Policy, changed[0].Version));
        Assert.Equal(2, all.Count);
    }

    [Fact]
    public void another_window_means_folding_everything_anew_and_nobody_who_lags_behind_turns_it_back()
    {
        var book = new ModelBook();
        Assert.False(book.Meet(Report(1, [], Hour)));
        Assert.True(book.TryFold(Report(1, [Model(1, Hour, 3)], Hour)));

        Assert.True(book.Meet(Report(2, [], Day)));
        Assert.Empty(book.Models);
        Assert.True(book.TryFold(Report(2, [Model(1, Day, 3)], Day)));
        Assert.False(book.Meet(Report(1, [], Hour)));
        Assert.False(book.TryFold(Report(1, [Model(1, Hour, 1)], Hour)));
        Assert.Equal(3, book.Models[1].Version);
    }

    [Fact]
    public void a_model_that_is_not_there_yet_is_not_begun_with_what_an_earlier_version_means()
    {
        var book = new ModelBook();
        Assert.False(book.Meet(Report(2, [], Day)));

        Assert.False(book.TryFold(Report(1, [Model(1, Hour, 3)], Hour)));

        // Put together before its reporter had heard of the version under which it is sent.
        Assert.False(book.TryFold(Report(2, [Model(1, Hour, 3)], Day)));
        Assert.True(book.TryFold(Report(2, [Model(1, Day, 3)], Day)));
        Assert.True(book.TryFold(Report(1, [Model(2, Hour, 3)], Hour)));
    }

    [Fact]
    public void a_saved_model_that_means_something_else_than_its_version_says_is_folded_anew()
    {
        var book = new ModelBook();
        book.Meet(Report(2, []));
        Assert.True(book.TryFold(Report(1, [Model(1, Hour, 3)], Hour)));
        var restored = new ModelBook();
        restored.Restore(book.Write());

        Assert.True(restored.Meet(Report(2, [], Day)));

        Assert.Empty(restored.Models);
        Assert.True(restored.TryFold(Report(2, [Model(1, Day, 3)], Day)));
        Assert.False(restored.Meet(Report(2, [], Day)));
    }

    [Fact]
    public void a_saved_state_is_what_it_was()
    {
        var book = new ModelBook();
        book.Meet(Report(3, [], Hour));
        book.TryFold(Report(3, [Model(1, Hour, 3)], Hour));

        var restored = new ModelBook();
        restored.Restore(book.Write());

        Assert.Equal(book.Write(), restored.Write());
        Assert.True(restored.Meet(Report(4, [], Day)));
        Assert.Throws<CorruptDataException>(() => new ModelBook().Restore([9]));
    }

    private static BetaModel Model(int policy, BetaOptions options, int trials)
    {
        var model = new BetaModel(policy, options);
        for (var n = 0; n < trials; n++)
        {
            model.Trial(new ArmKey(policy, 1, 0), n);
        }

        return model;
    }

    private static RangeReport Report(int catalogVersion, BetaModel[] models, BetaOptions? meaning = null)
    {
        using var writer = new ByteWriter();
        ModelBook.Write(writer, models);
        using var meanings = new ByteWriter();
        meanings.Count(meaning is null ? 0 : 1);
        if (meaning is not null)
        {
            meanings.Count(1);
            meanings.Signed(0);
            meanings.Signed(meaning.RewardWindow.Ticks / TimeSpan.TicksPerMicrosecond);
        }

        return new RangeReport("a", 1, 0, 1, writer.ToArray()) { CatalogVersion = catalogVersion, Meanings = meanings.ToArray() };
    }
}
