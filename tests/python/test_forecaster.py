"""The forecaster in the dialect of the field: fit, predict, forecast, cross_validation, save, load, pickle."""

import os
import pickle
import shutil
import threading
import time
from pathlib import Path

import numpy
import pandas
import pytest

import forescale as fs
from conftest import CHEAP, hours


def forecaster(**settings) -> fs.Forecaster:
    return fs.Forecaster(freq="1h", predictors=CHEAP, **settings)


def test_fit_and_predict_give_what_forecast_gives(long):
    made = forecaster().fit(long).predict(24, [80])
    pandas.testing.assert_frame_equal(made, forecaster().forecast(long, 24, [80]))


def test_intervals_enclose_the_median_and_one_another(long):
    made = forecaster().forecast(long, 24)
    order = ["forescale-lo-95", "forescale-lo-80", "forescale", "forescale-hi-80", "forescale-hi-95"]
    numbers = made[order].to_numpy()
    assert (numpy.diff(numbers, axis=1) >= 0).all() and (numbers >= 0).all()


def test_the_forecast_follows_the_season():
    made = fs.Forecaster(freq="1h").forecast(hours(28), 24)
    truth = hours(29)["y"].to_numpy()[-24:]
    error = numpy.abs(made["forescale"].to_numpy() - truth).mean()
    assert error < 6, "twice the noise of the history"


def test_series_do_not_change_one_another(long):
    alone = forecaster().forecast(long[long["unique_id"] == "shop"], 6)
    among = forecaster().forecast(long, 6)
    among = among[among["unique_id"] == "shop"].reset_index(drop=True)
    pandas.testing.assert_frame_equal(among, alone)


def test_rows_in_any_order_give_the_same(long):
    shuffled = long.sample(frac=1, random_state=3)
    made = forecaster().forecast(shuffled, 6).sort_values(["unique_id", "ds"], ignore_index=True)
    expected = forecaster().forecast(long, 6).sort_values(["unique_id", "ds"], ignore_index=True)
    pandas.testing.assert_frame_equal(made, expected)


def test_the_same_seed_gives_the_same_numbers_on_any_number_of_threads(long):
    settings = {"predictors": ["quantile-forest", "linear-trend"], "freq": "1h"}
    one = fs.Forecaster(**settings, seed=5, threads=1).forecast(long, 6)
    two = fs.Forecaster(**settings, seed=5, threads=2).forecast(long, 6)
    pandas.testing.assert_frame_equal(one, two)
    other = fs.Forecaster(**settings, seed=6, threads=2).forecast(long, 6)
    assert not one["forescale"].equals(other["forescale"])


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="threads are counted where Linux lists them")
def test_predict_takes_as_many_threads_as_it_was_told(long):
    def used(threads):
        seen = []
        fitted = forecaster(threads=threads).fit(long)
        fitted.predict(6, progress=lambda done, total: seen.append(len(os.listdir("/proc/self/task"))))
        return max(seen)

    assert used(12) - used(1) > 8


def test_cross_validation_forecasts_what_was_known(single):
    made = forecaster().cross_validation(single, h=12, n_windows=3, step_size=24, level=[80])
    assert list(made.columns) == ["ds", "cutoff", "y", "forescale", "forescale-lo-80", "forescale-hi-80"]
    assert made["cutoff"].nunique() == 3 and len(made) == 36
    assert (made["ds"] > made["cutoff"]).all()
    last = made[made["cutoff"] == made["cutoff"].max()]
    assert last["ds"].iloc[-1] == single["ds"].iloc[-1]
    known = single[single["ds"] <= last["cutoff"].iloc[0]]
    expected = forecaster().forecast(known, 12, [80])
    numpy.testing.assert_array_equal(last["forescale"].to_numpy(), expected["forescale"].to_numpy())
    numpy.testing.assert_array_equal(last["y"].to_numpy(), single["y"].to_numpy()[-12:])


def test_one_fit_may_serve_all_windows(single):
    once = forecaster().cross_validation(single, h=6, n_windows=2, step_size=48, refit=False)
    each = forecaster().cross_validation(single, h=6, n_windows=2, step_size=48)
    first = each["cutoff"] == each["cutoff"].min()
    pandas.testing.assert_frame_equal(once[first], each[first])
    assert not once["forescale"].equals(each["forescale"])


def test_newer_history_is_forecast_from_without_a_fit(long):
    old = long.groupby("unique_id", group_keys=False, sort=False).head(24 * 20)
    made = forecaster().fit(old).predict(6, [80], new_df=long)
    assert made["ds"].iloc[0] == long["ds"].max() + pandas.Timedelta(hours=1)
    assert len(made) == 18


def test_a_pickled_forecaster_predicts_the_same(long):
    fitted = forecaster().fit(long)
    again = pickle.loads(pickle.dumps(fitted))
    pandas.testing.assert_frame_equal(again.predict(6), fitted.predict(6))
    assert again.names == ["api", "shop", "db"]
    assert "not fitted" in repr(pickle.loads(pickle.dumps(forecaster())))


def test_one_model_is_one_file(single, tmp_path):
    fitted = forecaster().fit(single)
    fitted.save(tmp_path / "shop")
    again = fs.Forecaster.load(tmp_path / "shop")
    assert (tmp_path / "shop").read_bytes().startswith(b"FORESCALE\0")
    pandas.testing.assert_frame_equal(again.predict(6), fitted.predict(6))


def test_what_is_saved_comes_back_whole(long, tmp_path):
    frame = long.rename(columns={"unique_id": "service", "ds": "at", "y": "load"})
    frame = frame.assign(at=frame["at"].dt.tz_localize("Europe/Berlin"), service=frame["service"] + "/eu, ~west.")
    settings = {"id_col": "service", "time_col": "at", "target_col": "load", "timezone": "Europe/Berlin", "horizon": 5}
    fitted = forecaster(**settings).fit(frame)
    fitted.save(tmp_path / "models")
    again = fs.Forecaster.load(tmp_path / "models")
    pandas.testing.assert_frame_equal(again.predict(), fitted.predict())
    pandas.testing.assert_frame_equal(again.predict(new_df=frame), fitted.predict(new_df=frame))
    assert again.names == fitted.names and again.cards == fitted.cards


@pytest.mark.parametrize("name", ["a", "model", ".", "..", "", 7])
def test_one_series_keeps_its_name(single, tmp_path, name):
    fitted = forecaster().fit(single.assign(unique_id=name))
    fitted.save(tmp_path / "model")
    made = fs.Forecaster.load(tmp_path / "model").predict(3)
    pandas.testing.assert_frame_equal(made, fitted.predict(3))
    assert made["unique_id"].tolist() == [name] * 3


def test_names_that_are_no_file_names_are_saved(single, tmp_path):
    names = [".", "..", "", "a/b", "a%2Fb", "~", 'quo"te', "Zürich"]
    frame = pandas.concat([single.assign(unique_id=name) for name in names], ignore_index=True)
    fitted = forecaster().fit(frame)
    fitted.save(tmp_path / "in" / "models")
    assert [path.name for path in tmp_path.iterdir()] == ["in"], "nothing leaves the folder"
    assert fs.Forecaster.load(tmp_path / "in" / "models").names == names


def test_a_folder_holds_the_models_of_the_last_save(long, tmp_path):
    forecaster().fit(long).save(tmp_path)
    fewer = forecaster().fit(long[long["unique_id"] != "shop"])
    fewer.save(tmp_path)
    assert fs.Forecaster.load(tmp_path).names == ["api", "db"]


def test_models_of_others_are_not_mixed_with_ones_own(long, single, tmp_path):
    forecaster().fit(single).save(tmp_path / "theirs")
    with pytest.raises(ValueError, match="holds models of other series: theirs") as error:
        forecaster().fit(long).save(tmp_path)
    assert "hint:" in str(error.value) and not (tmp_path / "api").exists()
    with pytest.raises(ValueError, match="is a folder"):
        forecaster().fit(single).save(tmp_path)


def test_a_save_that_cannot_be_finished_leaves_the_old_one(long, tmp_path, monkeypatch):
    fitted = forecaster().fit(long)
    fitted.save(tmp_path)
    other = forecaster(seed=9).fit(long[long["unique_id"] != "shop"].assign(y=long["y"] * 2))

    def full(descriptor):
        raise OSError("no space left on the disk")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space"):
            other.save(tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")], "nothing half written stays"
    pandas.testing.assert_frame_equal(fs.Forecaster.load(tmp_path).predict(6), fitted.predict(6))


@pytest.mark.parametrize("names", range(1, 5))
def test_a_save_that_was_cut_off_is_not_taken_for_a_whole_one(long, tmp_path, monkeypatch, names):
    forecaster().fit(long).save(tmp_path)
    named = long.assign(unique_id=long["unique_id"].replace("api", "web"), y=long["y"] * 2)
    other = forecaster().fit(named[named["unique_id"] != "shop"])
    replace, done = os.replace, []

    def killed(old, new):
        if len(done) == names:
            raise KeyboardInterrupt
        done.append(new)
        replace(old, new)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            other.save(tmp_path)
    # The note, then the model and the card of one series after the other.
    if names < 4:
        with pytest.raises(ValueError, match="a save was cut off") as error:
            fs.Forecaster.load(tmp_path)
        assert "hint:" in str(error.value)
    else:
        assert fs.Forecaster.load(tmp_path).names == other.names
    other.save(tmp_path)
    pandas.testing.assert_frame_equal(fs.Forecaster.load(tmp_path).predict(6), other.predict(6))
    assert sorted(path.name for path in tmp_path.iterdir() if not path.suffix) == ["db", "web"]


def test_a_save_of_one_series_that_is_cut_off_is_not_taken_for_a_whole_one(long, tmp_path, monkeypatch):
    one, file = long[long["unique_id"] == "shop"], tmp_path / "shop.model"
    forecaster().fit(one).save(file)
    other = forecaster().fit(one[:-24])
    replace = os.replace

    def killed(old, new):
        if str(new) == str(file):
            raise KeyboardInterrupt
        replace(old, new)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            other.save(file)
    with pytest.raises(ValueError, match="a save was cut off"):
        fs.Forecaster.load(file)
    other.save(file)
    pandas.testing.assert_frame_equal(fs.Forecaster.load(file).predict(6), other.predict(6))


def test_models_that_could_not_be_removed_are_not_loaded(long, tmp_path, monkeypatch):
    forecaster().fit(long).save(tmp_path)
    fewer = forecaster().fit(long[long["unique_id"] != "shop"])

    def refuse(path, missing_ok=False):
        raise PermissionError(path)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        with pytest.raises(PermissionError):
            fewer.save(tmp_path)
    assert (tmp_path / "shop").exists() and fs.Forecaster.load(tmp_path).names == ["api", "db"]
    fewer.save(tmp_path)
    assert not (tmp_path / "shop").exists()


def test_a_name_that_is_too_long_for_a_file_is_refused_before_anything_is_written(long, tmp_path):
    fitted = forecaster().fit(long)
    fitted.save(tmp_path)
    for name in ("s" * 250, "ü" * 50):
        with pytest.raises(ValueError, match=f'series "{name}": the name of its file would have') as error:
            forecaster().fit(long.assign(unique_id=long["unique_id"].replace("db", name))).save(tmp_path)
        assert "hint:" in str(error.value)
    pandas.testing.assert_frame_equal(fs.Forecaster.load(tmp_path).predict(6), fitted.predict(6))


def test_what_a_kill_left_behind_is_no_model(long, tmp_path):
    fitted = forecaster().fit(long)
    fitted.save(tmp_path)
    shutil.copy(tmp_path / "api", tmp_path / ".forescale-abc")
    assert fs.Forecaster.load(tmp_path).names == fitted.names


def test_one_model_that_was_trained_again_is_read_without_the_old_note(single, tmp_path):
    forecaster(horizon=7).fit(single).save(tmp_path / "a")
    forecaster(horizon=9).fit(single.head(400)).save(tmp_path / "b")
    shutil.copy(tmp_path / "b", tmp_path / "a")
    assert fs.Forecaster.load(tmp_path / "b").horizon == 9 and fs.Forecaster.load(tmp_path / "a").horizon == 24


def test_a_broken_model_file_is_refused(single, tmp_path):
    path = tmp_path / "model"
    forecaster().fit(single).save(path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is corrupted"):
        fs.Forecaster.load(path)
    path.write_bytes(b"timestamp,load")
    with pytest.raises(ValueError, match="is not a forescale model file"):
        fs.Forecaster.load(path)


def test_other_threads_run_while_the_engine_works(long):
    ticks, done = [], threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.005)

    thread = threading.Thread(target=tick)
    thread.start()
    started = time.perf_counter()
    fs.Forecaster(freq="1h").forecast(long, 24)
    worked = time.perf_counter() - started
    done.set()
    thread.join()
    within = [at for at in ticks if started <= at <= started + worked]
    gaps = numpy.diff([started, *within, started + worked])
    assert gaps.max() < worked / 2, "the lock of the interpreter was held"


def test_threads_may_share_a_forecaster(long):
    fitted = forecaster().fit(long)
    expected, made = fitted.predict(6), [None] * 4

    def predict(at):
        made[at] = fitted.predict(6)

    threads = [threading.Thread(target=predict, args=(at,)) for at in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    for frame in made:
        pandas.testing.assert_frame_equal(frame, expected)


def test_progress_is_told_and_an_error_in_it_is_raised(long):
    told = []
    forecaster().fit(long, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (3, 3)

    def fail(done, total):
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        forecaster().fit(long, progress=fail)


def test_a_bar_shows_how_far_it_is(long, capsys):
    forecaster().fit(long, progress=True)
    assert "3/3" in capsys.readouterr().err
